/**
 * Parallel coordinates of a sweep's runs: the plot itself. Everything it shows comes from a
 * Model; everything the user does goes back into it, so table, charts and address follow.
 *
 *   const model = new Model(data);
 *   const plot = new ParallelPlot(element, model);
 */
import { h, colourOf } from "./common/dom.js";
import { Axes } from "./parallel/axes.js";
import { between, layout } from "./parallel/layout.js";
import { LineLayer, nearest, shuffled } from "./parallel/lines.js";
import { dashOf } from "./parallel/standings.js";
import { HoverCard } from "./parallel/hover_card.js";

const GLIDE_MS = 280;
const MOST_MARKED = 60; // runs of a front drawn above the others
const MOST_GLIDING = 1500; // more runs than this are put in place without a glide

export class ParallelPlot {
  constructor(root, model, { runHref = null } = {}) {
    this.root = root;
    this.model = model;
    this.scroller = h("div", { class: "pc-scroll" });
    this.stage = h("div", { class: "pc-stage" });
    this.back = new LineLayer(h("canvas", { class: "pc-canvas", "aria-hidden": "true" }));
    this.front = new LineLayer(h("canvas", { class: "pc-canvas", "aria-hidden": "true" }));
    this.top = new LineLayer(h("canvas", { class: "pc-canvas", "aria-hidden": "true" }));
    this.stage.append(this.back.canvas, this.front.canvas, this.top.canvas);
    this.scroller.append(this.stage);
    this.empty = h("p", { class: "pc-empty", hidden: true });
    root.classList.add("pc");
    root.append(this.scroller, this.empty);
    this.axes = new Axes(this.stage, model, this);
    this.card = new HoverCard(root, model, runHref);
    this.shown = null;
    this.#listen();
    this.#readColours();
    this.relayout(false);
  }

  #listen() {
    const { model } = this;
    model.addEventListener("scales", () => this.relayout(true));
    model.addEventListener("selection", () => this.#later("selection"));
    model.addEventListener("hover", () => this.#later("hover"));
    model.addEventListener("view", () => this.#later("hover"));
    new ResizeObserver(() => {
      const { clientWidth, clientHeight } = this.scroller;
      if (clientWidth !== this.width || clientHeight !== this.height) this.relayout(false);
    }).observe(this.scroller);
    this.scroller.addEventListener("pointermove", (event) => this.#point(event));
    this.scroller.addEventListener("pointerleave", () => {
      if (this.pointing) model.hover(-1);
      this.pointing = false;
    });
    this.scroller.addEventListener("click", (event) => this.#pin(event));
    this.scroller.addEventListener("scroll", () => this.card.hide(), { passive: true });
  }

  /** Read the theme's colours again; call after the theme changed. */
  retheme() {
    this.#readColours();
    this.relayout(false);
  }

  #readColours() {
    const colour = (name) => colourOf(this.root, name);
    this.paint = { context: colour("--pc-context"), halo: colour("--surface"), ink: colour("--ink"),
      accent: colour("--accent") };
  }

  relayout(mayGlide) {
    const { model } = this;
    this.width = this.scroller.clientWidth;
    this.height = this.scroller.clientHeight;
    if (!this.width || !this.height) return;
    const to = layout(model, this.width, this.height);
    model.layout = to;
    this.stage.style.width = `${to.contentWidth}px`;
    this.topShows = this.backOf = null; // a canvas that changes its size forgets what it shows
    for (const layer of [this.back, this.front, this.top]) {
      layer.resize(to.contentWidth, this.height);
    }
    if (this.order?.length !== model.runs.length) this.order = shuffled(model.runs.length);
    this.axes.render(to);
    const from = this.shown;
    const fromIndex = this.shownIndex;
    this.shownIndex = model.indexOf;
    this.shown = to;
    this.empty.hidden = model.nAlive > 0;
    this.empty.textContent = model.runs.length ? "Every run is filtered out. Restore them above."
      : "No runs yet. They appear here as soon as an agent starts one.";
    cancelAnimationFrame(this.glide);
    this.glide = 0;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (mayGlide && from && !calm && model.runs.length <= MOST_GLIDING && !this.dragging) {
      this.#glideFrom(from, to, fromIndex);
    } else this.#redraw();
  }

  #glideFrom(from, to, fromIndex) {
    const start = performance.now();
    const step = () => {
      const share = Math.min(1, (performance.now() - start) / GLIDE_MS);
      this.shown = share < 1 ? between(from, to, fromIndex, this.model.runs, share) : to;
      this.axes.slide(this.shown);
      this.#redraw();
      this.glide = share < 1 ? requestAnimationFrame(step) : 0;
    };
    step();
  }

  /** Collect what must be drawn anew until the next frame. */
  #later(what) {
    this.due = { ...this.due, [what]: true };
    this.dueFrame ??= requestAnimationFrame(() => {
      const { due } = this;
      this.due = {};
      this.dueFrame = null;
      if (due.selection) {
        this.axes.renderBrushes();
        this.#drawFront(true);
      }
      this.#drawTop();
    });
  }

  #redraw() {
    this.#drawFront();
    this.#drawTop();
  }

  get #backJob() {
    const list = this.order.filter((i) => this.model.alive[i]);
    return { axes: this.shown.axes, list, bucket: null, palette: [this.paint.context],
      standings: this.model.standings };
  }

  /** All runs in grey, drawn once: brushes move over it, and it is seen only while there is one. */
  #drawBack() {
    const { back, model } = this;
    back.canvas.style.visibility = model.hasBrush ? "" : "hidden";
    if (!model.hasBrush || (this.backOf === this.shown && (back.isWhole || this.isBackShown))) return;
    this.isBackShown = true;
    this.backOf = this.shown;
    back.draw(this.#backJob);
  }

  /** Have it ready before somebody brushes. */
  #prepareBack() {
    if (this.backOf === this.shown || this.glide || this.dragging) return;
    this.isBackShown = false;
    this.backOf = this.back.prepare(this.#backJob) ? this.shown : null;
  }

  #drawFront(isMoving = false) {
    const { model } = this;
    this.#drawBack();
    const list = this.order.filter((i) => model.selected[i]);
    const { bucket, palette, strength } = model.colours;
    this.root.dataset.drawn = "";
    this.front.draw({ axes: this.shown.axes, list, rank: strength, bucket, palette,
      standings: model.standings, isMoving }, () => {
      this.root.dataset.drawn = String(list.length);
      this.#prepareBack();
    });
  }

  /** The best, the front's, the pinned and the pointed-at run, above all others. */
  #drawTop() {
    const { model, top } = this;
    const best = model.selected[model.bestIndex] ? model.bestIndex : -1;
    const front = model.front.filter((i) => model.selected[i]).slice(0, MOST_MARKED);
    const shown = [this.shown, best, front.join(), model.pinnedIndex, model.hovered, model.colours, this.pointing];
    if (this.topShows?.every((value, k) => value === shown[k])) return;
    this.topShows = shown;
    this.root.dataset.hovered = model.runs[model.hovered]?.id ?? "";
    top.clear();
    const { palette, bucket } = model.colours;
    const mark = (i, width) => {
      if (i < 0 || !model.alive[i] || !this.shown) return;
      top.emphasise(this.shown.axes, i, { colour: palette[bucket[i]], halo: this.paint.halo, width,
        dash: dashOf(model.standings[i]) });
    };
    this.root.dataset.front = String(front.length);
    for (const i of front) mark(i, 2.2);
    mark(best, 2.6);
    mark(model.pinnedIndex, 3);
    mark(model.hovered, 3);
    this.card.render(this.shown, this.pointing);
  }

  #point(event) {
    if (event.buttons || event.target.closest(".pc-head")) return;
    const box = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const reach = event.pointerType === "touch" ? 24 : 14;
    this.pointing = true;
    this.card.moveTo(event.clientX, event.clientY);
    this.model.hover(nearest(this.shown.axes, this.model.selected, x, y, reach));
  }

  #pin(event) {
    if (event.target.closest(".pc-axes") && !event.target.matches(".pc-axes")) return;
    const { model } = this;
    const run = model.runs[model.hovered];
    if (event.pointerType === "touch" || run) {
      const id = run?.id ?? null;
      model.change({ pinned: id === model.view.pinned ? null : id }, "nothing");
    }
  }

  /** An axis follows the pointer sideways; the others make room as it passes them. */
  dragAxis(id, dx) {
    const { model } = this;
    const home = model.layout;
    if (!this.dragging) this.dragging = { startX: this.shown.axes.find((a) => a.id === id).x };
    const x = this.dragging.startX + dx;
    const others = home.axes.filter((axis) => axis.id !== id);
    const slots = home.axes.map((axis) => axis.x);
    let place = slots.findIndex((slotX) => x < slotX + home.gap / 2);
    if (place < 0) place = slots.length - 1;
    const order = [...others.slice(0, place), home.axes.find((a) => a.id === id), ...others.slice(place)];
    this.dragging.order = order.map((axis) => axis.id);
    const axes = order.map((axis, k) => ({ ...axis, x: axis.id === id ? x : slots[k] }));
    this.shown = { ...home, axes };
    for (const axis of axes) {
      const item = this.axes.items.get(axis.id);
      item.element.style.transform = `translateX(${axis.x}px)`;
    }
    const marks = this.axes.marks.querySelectorAll("g.pc-axis-marks");
    home.axes.forEach((axis, k) => {
      const now = axes.find((other) => other.id === axis.id);
      marks[k]?.setAttribute("transform", `translate(${now.x} 0)`);
    });
    this.#redraw();
  }

  dropAxis(id, away) {
    const { order } = this.dragging ?? {};
    this.dragging = null;
    if (away) {
      const brushes = { ...this.model.view.brushes };
      delete brushes[id];
      this.model.change({ axes: this.model.axes.filter((other) => other !== id), brushes });
    } else if (order) this.model.change({ axes: order });
  }
}
