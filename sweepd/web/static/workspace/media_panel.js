/** Media of the shown runs under some keys: a card for each run, its newest item first. */
import { h, put } from "../common/dom.js";
import { MediaCards } from "../run/media.js";

const MOST_RUNS = 12;

export class MediaPanel {
  constructor(root) {
    this.element = h("div", { class: "ws-plain ws-media", tabindex: "0", role: "group" });
    root.append(this.element);
    this.held = new Map();
  }

  destroy() {}

  setHeight(height) {
    this.element.style.height = `${height}px`;
  }

  update({ panel, runs, mediaOf, fileUrlOf }) {
    const keys = panel.config?.mediaKeys ?? [];
    const shown = runs.open.slice(0, MOST_RUNS);
    const signature = JSON.stringify([keys, shown.map((run) => [run.id, run.n_steps])]);
    if (signature === this.signature) return;
    this.signature = signature;
    const cards = shown.map((run) => {
      const known = this.held.get(run.id) ?? this.#hold(run, runs, fileUrlOf);
      mediaOf(run).then((media) => {
        const wanted = Object.fromEntries(keys.filter((key) => media[key]).map((key) => [key, media[key]]));
        known.cards.update(wanted);
        known.element.hidden = !Object.keys(wanted).length;
      }, () => { known.element.hidden = true; });
      return known.element;
    });
    put(this.element, ...cards, cards.length ? null : h("p", { class: "quiet" }, "No run is shown."));
  }

  #hold(run, runs, fileUrlOf) {
    const inner = h("div", {});
    const element = h("div", { class: "ws-media-run", hidden: true }, h("p", { class: "small" },
      h("span", { class: "swatch", style: { background: runs.colour(run) } }),
        ` ${(run.name || run.id).slice(0, 80)}`), inner);
    const fileUrl = (path) => fileUrlOf(run, path);
    const known = { element, cards: new MediaCards(inner, { fileUrl, isPlain: true }) };
    this.held.set(run.id, known);
    return known;
  }
}
