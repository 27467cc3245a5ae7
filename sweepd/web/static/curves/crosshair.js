/** One crosshair for all plots of a page over the same axis, and one card with the values at it. */
import { h, put } from "../common/dom.js";
import { formatNumber } from "../common/values.js";
import { later } from "./turns.js";

const SHOWN = 12; // values in the card, those nearest to the pointer
const GAP = 18; // from the pointer to the card, px
const [HEAD, ROW] = [40, 20]; // of the card, px, at most

class Crosshair {
  constructor() {
    this.plots = new Set();
    this.watchers = new Set();
    this.card = h("div", { class: "plot-card", role: "status", hidden: true });
  }

  add(plot) {
    this.plots.add(plot);
  }

  remove(plot) {
    this.plots.delete(plot);
    if (this.over === plot) this.leave(plot);
  }

  /** Told of the run that is pointed at in a plot or a list (null: none any more). */
  watch(watcher) {
    this.watchers.add(watcher);
  }

  #tell(mark) {
    for (const watcher of this.watchers) watcher(mark);
  }

  /** The pointer is at a value of x of one plot; the others over the same axis follow in the next frame. */
  move(plot, at, y, clientX, clientY) {
    this.over = plot;
    later(this, () => this.over === plot && plot.box && this.#follow(plot, at, y, clientX, clientY));
  }

  #follow(plot, at, y, clientX, clientY) {
    const values = plot.nearestValues(at);
    let [best, distance] = [null, Infinity];
    for (const item of values) {
      const away = Math.abs(plot.y(item.value) - y);
      if (away < distance) [best, distance] = [item, away];
    }
    const mark = best ? best.line.run ?? best.line.id : null;
    for (const other of this.plots) {
      if (other === plot || other.options.nameX === plot.options.nameX) other.pointAt(at, mark, other === plot);
    }
    if (mark !== this.mark) {
      this.mark = mark;
      plot.marked(mark);
      this.#tell(mark);
    }
    this.#show(plot, at, values, best, clientX, clientY);
  }

  leave(plot) {
    if (this.over !== plot) return;
    this.over = null;
    this.mark = null;
    for (const other of this.plots) other.pointAt(null, null, false);
    plot.marked(null);
    this.#tell(null);
    this.card.hidden = true;
  }

  /** A run is pointed at elsewhere, in the list of runs: mark it in every plot. */
  markRun(id) {
    if (this.over) return;
    for (const plot of this.plots) plot.pointAt(null, id);
    this.#tell(id);
  }

  #show(plot, at, values, best, clientX, clientY) {
    if (!this.card.isConnected) document.body.append(this.card);
    const k = values.indexOf(best);
    const from = Math.max(0, Math.min(k - (SHOWN >> 1), values.length - SHOWN));
    put(this.card, h("div", { class: "plot-card-head" }, `${plot.options.nameX ?? "x"} `,
      h("b", {}, plot.axisX.text(best?.x ?? at)),
        values.length > SHOWN ? h("span", { class: "quiet" }, ` · ${SHOWN} of ${values.length} lines`) : null),
    h("table", {}, h("tbody", {},
      ...values.slice(from, from + SHOWN).map((item) => h("tr", { class: item === best ? "is-best" : null },
      h("td", {}, h("span", { class: "swatch", style: { background: item.line.colour } })),
      h("td", { class: "plot-card-value" }, formatNumber(item.value)),
      h("td", { class: "plot-card-name" }, item.line.label.slice(0, 90),
        item.low !== undefined && Number.isFinite(item.low)
        ? h("span", { class: "quiet" }, ` ${formatNumber(item.low)} to ${formatNumber(item.high)}`) : null))))));
    this.card.hidden = !values.length;
    // Placed by what is known: to measure the card would lay the whole page out at each move.
    const { style } = this.card;
    const isRight = clientX > window.innerWidth / 2;
    style.left = isRight ? "auto" : `${clientX + GAP}px`;
    style.right = isRight ? `${window.innerWidth - clientX + GAP}px` : "auto";
    style.maxWidth = `${Math.min(420, (isRight ? clientX : window.innerWidth - clientX) - GAP - 4)}px`;
    const height = HEAD + ROW * Math.min(SHOWN, values.length);
    style.top = `${Math.max(4, Math.min(clientY - height / 2, window.innerHeight - height - 4))}px`;
  }
}

export const crosshair = new Crosshair();
