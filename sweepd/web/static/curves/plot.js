/**
 * Curves on a canvas: lines, bands and axes below, what is marked above, and the crosshair on one of its
 * own, so that a pointer that moves never draws a line again. Zoom, focus and what is marked outlast new
 * data.
 */
import { colourOf, h } from "../common/dom.js";
import { Axis } from "./axis.js";
import { USUAL_WIDTH, nearest, rangeOf, strokeWidth } from "./prepare.js";
import { Cross } from "./cross.js";
import { drawAxes, drawMarks, drawBand, stroke, drawDots } from "./painting.js";
import { atRest, later, withoutHaste } from "./turns.js";
import { crosshair } from "./crosshair.js";
import { listen } from "./pointer.js";

export class LinePlot {
  /**
   * `zoomed(range)` is told of a new range of x (null: all); `opened(line)` of a press on a line;
   * `marked(id)` of the line the pointer is nearest to (null: none).
   */
  constructor(root, { label, height = 220, zoomed = () => {}, opened = null, marked = () => {} }) {
    Object.assign(this, { root, label, height, zoomed, opened, marked });
    this.lines = [];
    this.options = {};
    this.zoom = null;
    this.mark = null;
    this.at = null;
    this.isPointed = false;
    this.below = h("canvas", { class: "plot-lines", "aria-hidden": "true" });
    this.above = h("canvas", { class: "plot-over", role: "img", tabindex: "0", "aria-label": label });
    this.cross = new Cross(this);
    this.element = h("div", { class: "plot" }, this.below, this.above, this.cross.canvas);
    this.element.style.height = `${height}px`;
    this.element.plot = this;
    root.append(this.element);
    listen(this);
    this.sizes = new ResizeObserver(() => this.redraw());
    this.sizes.observe(this.element);
    this.seen = new IntersectionObserver((entries) => {
      this.isSeen = entries.at(-1).isIntersecting; // the newest of those that wait
      if (this.isSeen && this.isStale) this.redraw();
    }, { rootMargin: "120px" });
    this.seen.observe(this.element);
    this.onTheme = () => this.redraw();
    document.addEventListener("themechange", this.onTheme);
    crosshair.add(this);
  }

  /** Take it away for good. */
  destroy() {
    this.sizes.disconnect();
    this.seen.disconnect();
    document.removeEventListener("themechange", this.onTheme);
    crosshair.remove(this);
    this.element.remove();
  }

  setHeight(height) {
    this.height = height;
    this.element.style.height = `${height}px`;
  }

  /**
   * What to draw. A line: {id, label, colour, x, y, raw?, low?, high?, dash?, width?, run?, end?}; x
   * rises, and `end` names the colour of a dot at its end. Options: {nameX, nameY, kindX, logX, logY,
   * rangeX, rangeY, ignoreOutliers, empty, marks, nameMarks}; marks are {x, y} of places of note.
   */
  show(lines, options = {}) {
    this.lines = lines;
    this.options = options;
    this.redraw();
  }

  redraw() {
    this.isStale = true;
    if (this.isSeen) withoutHaste(this, () => this.#draw());
  }

  /** Draw at once, in sight or not: for files and paper. */
  drawNow() {
    this.#draw();
  }

  #draw() {
    const [width, height] = [this.element.clientWidth, this.element.clientHeight];
    if (!this.element.isConnected || width < 60 || height < 40) return 0;
    this.isStale = false;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    for (const canvas of [this.below, this.above]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    Object.assign(this, { width, height, ratio });
    this.paint = {};
    for (const name of ["ink", "ink-2", "ink-3", "line", "accent", "surface", "warn"])
      this.paint[name] = colourOf(this.root, `--${name}`);
    this.font = getComputedStyle(this.root).fontFamily;
    this.#axes();
    this.#drawLines();
    this.drawOver();
    this.cross.draw();
    const { dataset } = this.element;
    dataset.lines = this.lines.length;
    dataset.colours = [...new Set(this.lines.map((line) => line.colour))].slice(0, 50).join("|");
    dataset.points = Math.max(0, ...this.lines.map((line) => line.x.length));
    dataset.range = `${this.axisX.low} ${this.axisX.high}`;
    return this.#points();
  }

  #axes() {
    const { options } = this;
    const wanted = this.zoom?.x ?? options.rangeX ?? null;
    const range = rangeOf(this.lines, { ...options, x: wanted });
    this.isEmpty = !range.x || !range.y;
    const [left, right] = [wanted?.[0] ?? range.x?.[0] ?? 0, wanted?.[1] ?? range.x?.[1] ?? 1];
    const [least, most] = range.y ?? [0, 1];
    const margin = options.logY ? 0 : (most - least) * 0.05;
    const given = this.zoom?.y ?? options.rangeY ?? [];
    this.axisX = new Axis(left, right, { isLog: options.logX, kind: options.kindX });
    this.axisY = new Axis(given[0] ?? least - margin, given[1] ?? most + margin, { isLog: options.logY });
    const context = this.below.getContext("2d");
    context.font = `11px ${this.font}`;
    const ticks = this.axisY.ticks(Math.max(2, Math.floor(this.height / 38)));
    const room = Math.max(22, ...ticks.map((tick) => context.measureText(tick.label).width)) + 10;
    this.box = { left: Math.min(room, 90), right: this.width - 8, top: 8, bottom: this.height - 22 };
    drawAxes(this, context, ticks);
  }

  #points() {
    return this.lines.reduce((n, line) => n + line.x.length, 0);
  }

  x(value) {
    return this.box.left + this.axisX.share(value) * (this.box.right - this.box.left);
  }

  y(value) {
    return this.box.bottom - this.axisY.share(value) * (this.box.bottom - this.box.top);
  }

  #drawLines() {
    const context = this.below.getContext("2d");
    const { box } = this;
    context.save();
    context.beginPath();
    context.rect(box.left - 3, box.top - 3, box.right - box.left + 6, box.bottom - box.top + 6);
    context.clip();
    context.lineJoin = "round";
    for (const line of this.lines) if (line.low) drawBand(this, context, line);
    const width = (asked) => strokeWidth(asked, this.#points(), this.ratio);
    context.globalAlpha = 0.22;
    for (const line of this.lines) if (line.raw) stroke(this, context, line, line.raw, width(1));
    context.globalAlpha = this.lines.length > 60 ? 0.85 : 1;
    for (const line of this.lines) stroke(this, context, line, line.y, width(line.width ?? USUAL_WIDTH));
    for (const { end, x, y } of this.lines)
      if (end && x.length) drawDots(this, context, { x: [x.at(-1)], colour: this.paint[end] }, [y.at(-1)], 3.5);
    drawMarks(this, context);
    context.restore();
  }

  /** The marked line once more, on top, and the range that is being dragged. */
  drawOver() {
    const context = this.above.getContext("2d");
    context.clearRect(0, 0, this.width, this.height);
    if (!this.box || this.isEmpty) return;
    const { box } = this;
    const [marked] = this.markedLines();
    this.element.dataset.marked = marked?.id ?? "";
    if (marked) {
      context.save();
      context.beginPath();
      context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
      context.clip();
      stroke(this, context, { ...marked, dash: marked.dash }, marked.y, (marked.width ?? USUAL_WIDTH) + 1.5);
      context.restore();
    }
    if (this.drag?.is) {
      const [from, to] = [Math.min(this.drag.x, this.drag.to), Math.max(this.drag.x, this.drag.to)];
      context.fillStyle = this.paint.accent;
      context.globalAlpha = 0.16;
      context.fillRect(from, box.top, to - from, box.bottom - box.top);
      context.globalAlpha = 1;
    }
  }

  markedLines() {
    return this.lines.filter((line) => line.id === this.mark || line.run === this.mark);
  }

  /** The value nearest to `at` of each line: {line, value, x, low?, high?}, the greatest first. */
  nearestValues(at, lines = this.lines) {
    const found = [];
    const reach = (this.axisX.high - this.axisX.low) / 50;
    for (const line of lines) {
      const k = nearest(line.x, at);
      if (k < 0 || !Number.isFinite(line.y[k])
        || (!this.axisX.isLog && Math.abs(line.x[k] - at) > Math.max(reach, gap(line.x, k)))) continue;
      found.push({ line, value: line.y[k], x: line.x[k], low: line.low?.[k], high: line.high?.[k],
        raw: line.raw?.[k] });
    }
    return found.sort((a, b) => b.value - a.value);
  }

  /**
   * Show the crosshair at a value of x (null: none) and mark a run or line; where the pointer is not, once
   * it rests.
   */
  pointAt(at, mark, isPointed = this.isPointed) {
    const [isMoved, isOther] = [this.at !== at, this.mark !== mark];
    Object.assign(this, { at, mark, isPointed });
    if (!this.isSeen || !this.box || this.isStale) return;
    if (isMoved || isOther) later(this.cross, () => this.cross.draw());
    if (isOther) (isPointed ? later : atRest)(this.above, () => this.drawOver());
  }

  /** Zoom to a range, or out again with null. */
  setZoom(zoom, tell = true) {
    this.zoom = zoom;
    this.redraw();
    if (tell) this.zoomed(zoom?.x ?? null);
  }

  /** Pixels from a point to a line. */
  near(line, px, py) {
    const k = nearest(line.x, this.axisX.value((px - this.box.left) / (this.box.right - this.box.left)));
    return k < 0 ? Infinity : Math.abs(this.y(line.y[k]) - py);
  }
}

function gap(x, k) {
  return Math.max(k > 0 ? x[k] - x[k - 1] : 0, k + 1 < x.length ? x[k + 1] - x[k] : 0);
}
