/**
 * The axes as elements: scale lines and marks in an SVG, and over each axis a label (click turns
 * the axis round, dragging moves it, arrows do both by keyboard), a menu and a track for brushes.
 */
import { h, put, svg, shorten, widthOf } from "../common/dom.js";
import { SLOT_LABELS } from "../common/values.js";
import { Track } from "./brushes.js";
import { openMenu } from "./axis_menu.js";
import { hide, invert, move } from "./axis_actions.js";
import { wrapped } from "./labels.js";
import { KINDS } from "./scales.js";

const LABEL_FONT = "600 11.5px";
const LABEL_LINES = 3;

/** How wide the head of an axis may be: to the next one, and no further than the edge beside it, px. */
function labelRoom(axis, layout) {
  const beside = 2 * Math.min(axis.x, layout.contentWidth - axis.x);
  return Math.max(64, Math.min(layout.gap || 300, beside) - 2);
}

/** The lines of an axis's label in the room between axes. */
export function labelLines(axis, layout, font = LABEL_FONT) {
  return wrapped(axis.name, labelRoom(axis, layout) - 20, LABEL_LINES, (text) => widthOf(text, font));
}

export class Axes {
  constructor(root, model, plot) {
    this.model = model;
    this.plot = plot;
    this.marks = svg("svg", { class: "pc-marks", "aria-hidden": "true" });
    this.box = h("div", { class: "pc-axes", role: "list", "aria-label": "Axes" });
    root.append(this.marks, this.box);
    this.items = new Map();
  }

  /** Bring the elements in step with a layout; those of axes that stay are kept. */
  render(layout) {
    this.layout = layout;
    this.marks.setAttribute("width", layout.contentWidth);
    this.marks.setAttribute("height", layout.height);
    this.marks.replaceChildren(...bandMarks(layout), ...layout.axes.map((axis, k) => (
      axisMarks(axis, layout, k === layout.axes.length - 1)
    )));
    const ids = new Set(layout.axes.map((axis) => axis.id));
    for (const [id, item] of this.items) {
      if (!ids.has(id)) {
        item.element.remove();
        this.items.delete(id);
      }
    }
    layout.axes.forEach((axis, k) => {
      const item = this.items.get(axis.id) ?? this.#create(axis.id);
      const place = this.box.children[k];
      if (place !== item.element) this.#insert(item.element, place);
      this.#update(item, axis);
    });
  }

  /** Only slide the axes to x positions that are on their way. */
  slide(layout) {
    layout.axes.forEach((axis, k) => {
      const item = this.items.get(axis.id);
      if (item) item.element.style.transform = `translateX(${axis.x}px)`;
      const group = this.marks.querySelectorAll("g.pc-axis-marks")[k];
      group?.setAttribute("transform", `translate(${axis.x} 0)`);
    });
  }

  renderBrushes() {
    for (const item of this.items.values()) item.track.render();
  }

  /** Moving an element in the page takes the keyboard focus from it: give it back. */
  #insert(element, place) {
    const { activeElement } = document;
    const hadFocus = element.contains(activeElement);
    this.box.insertBefore(element, place ?? null);
    if (hadFocus) activeElement.focus({ preventScroll: true });
  }

  #create(id) {
    const label = h("button", { class: "pc-label", type: "button" });
    const note = h("span", { class: "pc-note" });
    const menu = h("button", { class: "pc-menu", type: "button" });
    menu.append(svg("svg", { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" },
      svg("path", { d: "M2.5 4.5 6 8l3.5-3.5", fill: "none", stroke: "currentColor",
        "stroke-width": 1.5 })));
    const trackElement = h("div", { class: "pc-track" });
    const element = h("div", { class: "pc-axis", role: "listitem" },
      h("div", { class: "pc-head" }, h("div", { class: "pc-title" }, label, menu), note),
      trackElement);
    this.box.append(element);
    const item = { id, element, label, note, menu, trackElement };
    item.track = new Track(trackElement, this.model, id, () => this.#axis(id));
    openMenu(menu, this.model, id, () => this.#axis(id));
    this.#bindLabel(item);
    this.items.set(id, item);
    return item;
  }

  #axis(id) {
    return this.layout.axes.find((axis) => axis.id === id);
  }

  #update(item, axis) {
    const { layout, model } = this;
    const { label } = axis.column;
    const isMetric = axis.column.source === "metric";
    const { goal } = model.data.sweep.metric ?? {};
    const notes = [KINDS[axis.scale.kind]?.note, isMetric && goal ? `${goal}` : null,
      axis.inverted ? "inverted" : null].filter(Boolean);
    item.element.classList.toggle("is-metric", isMetric);
    item.element.classList.toggle("is-inverted", axis.inverted);
    item.element.style.transform = `translateX(${axis.x}px)`;
    item.element.querySelector(".pc-head").style.width = `${labelRoom(axis, layout)}px`;
    put(item.label, ...labelLines(axis, layout).flatMap((line, k) => (k ? [h("br"), line] : [line])));
    item.label.title = `${label.slice(0, 300)}\nClick: turn round. Drag: move, up and away hides.`;
    item.label.setAttribute("aria-label", `${label.slice(0, 300)}${axis.inverted ? ", inverted" : ""}`);
    item.label.setAttribute("aria-description",
      "Enter turns the axis round, left and right arrows move it, Delete hides it");
    item.menu.setAttribute("aria-label", `Options for ${label.slice(0, 300)}`);
    item.note.textContent = notes.join(" · ");
    const end = layout.slots.length ? layout.rowY.get(layout.slots.at(-1)) + 10 : layout.bottom;
    item.track.top = layout.top - 6;
    item.trackElement.style.top = `${layout.top - 6}px`;
    item.trackElement.style.height = `${end - layout.top + 12}px`;
    item.track.render();
  }

  #bindLabel(item) {
    const { label } = item;
    let start = null;
    let moved = false;
    label.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      start = { x: event.clientX, y: event.clientY };
      moved = false;
      label.setPointerCapture(event.pointerId);
    });
    label.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
      if (!moved && Math.hypot(dx, dy) < 5) return;
      moved = true;
      item.element.classList.add("is-dragged");
      item.element.classList.toggle("is-leaving", Math.abs(dy) > 70);
      this.plot.dragAxis(item.id, dx);
    });
    const release = (event) => {
      if (!start) return;
      const dy = event.clientY - start.y;
      start = null;
      item.element.classList.remove("is-dragged", "is-leaving");
      if (!moved) return;
      this.plot.dropAxis(item.id, event.type === "pointerup" && Math.abs(dy) > 70);
    };
    label.addEventListener("pointerup", release);
    label.addEventListener("pointercancel", release);
    label.addEventListener("click", (event) => {
      if (moved) event.preventDefault();
      else invert(this.model, item.id);
      moved = false;
    });
    label.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) move(this.model, item.id, step);
      else if (event.key === "Delete" || event.key === "Backspace") hide(this.model, item.id);
      else return;
      event.preventDefault();
    });
  }
}

function axisMarks(axis, layout, isLast) {
  const group = svg("g", { class: "pc-axis-marks", transform: `translate(${axis.x} 0)` });
  group.append(svg("line", { class: "pc-line", y1: layout.top, y2: layout.bottom }));
  const span = layout.bottom - layout.top;
  const room = Math.max(28, Math.min(150, (isLast ? 96 : layout.gap * 0.62) - 10));
  let ticks = axis.scale.ticks(Math.max(2, Math.floor(span / 46)));
  const most = Math.max(1, Math.floor(span / 15));
  if (ticks.length > most) {
    const every = Math.ceil(ticks.length / most);
    ticks = ticks.filter((_, k) => k % every === 0);
  }
  for (const tick of ticks) {
    const y = axis.y(tick.unit);
    const label = shorten(tick.label, room);
    const wide = widthOf(label) + 6;
    const text = svg("text", { x: isLast ? 10 : -10, y, dy: "0.32em",
      "text-anchor": isLast ? "start" : "end" }, label);
    group.append(svg("rect",
      { class: "pc-plate", x: isLast ? 7 : -7 - wide, y: y - 7, width: wide, height: 14, rx: 3 }),
      svg("line", { class: "pc-tick", x1: isLast ? 0 : -5, x2: isLast ? 5 : 0, y1: y,
      y2: y }), text);
  }
  for (const slot of layout.slots) {
    const y = layout.rowY.get(slot);
    group.append(svg("line", { class: "pc-slot", y1: y - 7, y2: y + 7 }));
  }
  return group;
}

function bandMarks(layout) {
  return layout.slots.flatMap((slot) => {
    const y = layout.rowY.get(slot);
    return [
      svg("rect", { class: "pc-row", x: 0, y: y - layout.rowHeight / 2 + 1,
        width: layout.contentWidth, height: layout.rowHeight - 2, rx: 3 }),
      svg("text", { class: "pc-row-label", x: 6, y, dy: "0.32em" }, SLOT_LABELS[slot]),
    ];
  });
}
