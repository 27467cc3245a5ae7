/**
 * The crosshair of one plot, on a canvas no wider than it needs that is moved instead of drawn anew over
 * the whole plot: what a frame costs is the area of the canvases that changed in it.
 */
import { h } from "../common/dom.js";
import { drawRing } from "./painting.js";

const MOST_RINGS = 30;
const [RING, STEP] = [6, 16]; // px: beyond the middle of a ring; widths differ by so much at least

export class Cross {
  constructor(plot) {
    this.plot = plot;
    this.canvas = h("canvas", { class: "plot-cross", "aria-hidden": "true", hidden: true });
  }

  /**
   * Show it at the plot's `at`, away with null. A ring stands on each line's value under the pointer, in other
   * plots on that of the run it is nearest to.
   */
  draw() {
    const { canvas, plot } = this;
    const { at, box } = plot;
    const x = at === null || !box || plot.isEmpty ? NaN : Math.round(plot.x(at));
    canvas.hidden = !(x >= box?.left && x <= box?.right);
    if (canvas.hidden) return;
    const values = plot.nearestValues(at, plot.isPointed ? plot.lines : plot.markedLines()).slice(0, MOST_RINGS);
    const away = Math.max(0, ...values.map((item) => Math.abs(plot.x(item.x) - x)).filter(Number.isFinite));
    canvas.dataset.rings = values.length;
    const half = Math.ceil((away + RING) / STEP) * STEP;
    const context = this.#sized(2 * half, plot.height);
    canvas.style.transform = `translateX(${x - half}px)`;
    context.clearRect(0, 0, 2 * half, plot.height);
    context.save();
    context.translate(half - x, 0);
    context.strokeStyle = plot.paint["ink-3"];
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x + 0.5, box.top);
    context.lineTo(x + 0.5, box.bottom);
    context.stroke();
    for (const { line, value, x: place } of values) drawRing(plot, context, line, place, value);
    context.restore();
  }

  /** The canvas's context at this size in pixels of the page; another size makes the canvas anew. */
  #sized(width, height) {
    const { canvas } = this;
    const context = canvas.getContext("2d");
    const size = `${width} ${height} ${this.plot.ratio}`;
    if (this.size === size) return context;
    this.size = size;
    canvas.width = Math.round(width * this.plot.ratio);
    canvas.height = Math.round(height * this.plot.ratio);
    canvas.style.width = `${width}px`;
    context.setTransform(this.plot.ratio, 0, 0, this.plot.ratio, 0, 0);
    return context;
  }
}
