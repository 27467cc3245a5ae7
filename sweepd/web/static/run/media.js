/** What a run logged beside numbers: a card for each key, with a slider over its steps. */
import { h, put } from "../common/dom.js";
import { drawMedia, isWide } from "./media/kinds.js";
import { isTable, tableView } from "./media/table.js";

export class MediaCards {
  /**
   * `fileUrl(path)` addresses the run's files; `labels(key)` gives {group: {id: name}} of its masks;
   * `isPlain`: without the names of groups, where a panel has a title of its own.
   */
  constructor(root, { fileUrl, labels = () => ({}), isPlain = false }) {
    Object.assign(this, { root, fileUrl, labels, isPlain, cards: new Map(), wanted: "", arranged: "" });
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const card = this.cards.get(target.dataset.key);
        if (card && isIntersecting) card.appear();
      }
    }, { rootMargin: "300px" });
  }

  /** `media` is {key: [[step, object], …]}; a slider that stood at the end stays there. */
  update(media) {
    for (const [key, items] of Object.entries(media)) {
      let card = this.cards.get(key);
      if (!card) {
        card = new Card(key, this.fileUrl, this.labels(key));
        this.cards.set(key, card);
        this.observer.observe(card.element);
      }
      card.update(items);
    }
    this.#arrange();
  }

  find(wanted) {
    this.wanted = wanted.trim().toLowerCase();
    this.#arrange();
  }

  /** In groups by what stands before the slash, as the curves are. */
  #arrange() {
    const keys = [...this.cards.keys()].filter((key) => key.toLowerCase().includes(this.wanted))
      .sort((a, b) => a.localeCompare(b));
    const groups = Map.groupBy(keys, (key) => (key.includes("/") ? key.slice(0, key.indexOf("/")) : ""));
    const signature = JSON.stringify([...groups]);
    if (signature === this.arranged) return;
    this.arranged = signature;
    put(this.root, ...[...groups].sort(([a], [b]) => a.localeCompare(b)).flatMap(([group, members]) => [
      this.isPlain ? null : h("h2", { class: "chart-group" }, group.slice(0, 200) || "Media"),
      h("div", { class: "chart-grid is-ragged" }, ...members.map((key) => this.cards.get(key).element)),
    ]));
  }
}

class Card {
  constructor(key, fileUrl, labels) {
    Object.assign(this, { key, fileUrl, labels, items: [], hidden: new Set(), isSeen: false, shown: "" });
    this.slider = h("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": `Step of ${key.slice(0, 100)}` });
    this.slider.addEventListener("input", () => this.show());
    this.step = h("span", { class: "aside" });
    this.body = h("div", { class: "media" });
    this.element = h("section", { class: "card media-card", "data-key": key, "aria-label": key.slice(0, 200) },
      h("header", {}, h("h3", {}, key.slice(0, 200)), this.step), this.slider, this.body);
  }

  update(items) {
    const isAtEnd = Number(this.slider.value) === this.items.length - 1 || !this.items.length;
    this.items = items;
    this.slider.max = items.length - 1;
    if (isAtEnd) this.slider.value = items.length - 1;
    this.slider.hidden = items.length < 2;
    this.show();
  }

  appear() {
    this.isSeen = true;
    this.show();
  }

  show() {
    const [step, media] = this.items[Number(this.slider.value)];
    const wide = isTable(media) ? (media.ncols ?? 9) > 4 : isWide(media);
    this.element.classList.toggle("is-wide", wide);
    this.step.textContent = step === null ? "summary" : `step ${step}`;
    this.slider.setAttribute("aria-valuetext", this.step.textContent);
    const signature = `${step} ${media.path ?? ""} ${media.sha256 ?? ""}`;
    if (!this.isSeen || signature === this.shown) return;
    this.shown = signature;
    put(this.body, ...(isTable(media) ? [tableView(media, this.fileUrl)]
      : drawMedia(media, this.fileUrl, { labels: this.labels, hidden: this.hidden })));
  }
}
