/**
 * Brushing one axis. Dragging on the track draws a brush, dragging a brush moves it, its two ends
 * widen it; Shift adds a second one; a click clears. In the band a click takes a row in or out.
 * By keyboard the ends are sliders: arrows move them, Delete clears.
 */
import { h } from "../common/dom.js";
import { formatNumber, formatTime, SLOTS } from "../common/values.js";
import { fromIntervals, intervals, isEmpty } from "./selection.js";

const END_REACH = 9; // px around an end in which it is grabbed
const CLICK = 4; // px of movement below which a drag was a click

export class Track {
  /** `axis()` gives the axis of the present layout. */
  constructor(element, model, id, axis) {
    Object.assign(this, { element, model, id, axis });
    this.drag = null;
    element.addEventListener("pointerdown", (event) => this.#press(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#release(event));
    element.addEventListener("pointercancel", () => {
      this.drag = null;
    });
  }

  get brush() {
    return this.model.view.brushes[this.id];
  }

  /** Intervals of the brush as pairs of heights, upper end first, in px of the plot. */
  #spans() {
    const axis = this.axis();
    return intervals(this.brush, axis.scale).map(([from, to]) => {
      const [a, b] = [axis.y(from), axis.y(to)];
      return [Math.min(a, b), Math.max(a, b)];
    });
  }

  #y(event) {
    const { drag } = this;
    return event.clientY - (drag ? drag.origin : this.#origin());
  }

  /** Where the plot begins in the window, px. */
  #origin() {
    return this.element.getBoundingClientRect().top - this.top;
  }

  #press(event) {
    if (event.button !== 0) return;
    const y = this.#y(event);
    const spans = this.#spans();
    const axis = this.axis();
    const reach = event.pointerType === "touch" ? 2 * END_REACH : END_REACH;
    this.model.hover(-1);
    const drag = { origin: this.#origin(), from: y, at: y, spans, k: spans.length, mode: "new", moved: false,
      adds: event.shiftKey, isBand: y > axis.y(axis.inverted ? 1 : 0) + 8 };
    spans.forEach(([upper, lower], k) => {
      const middle = (upper + lower) / 2;
      if (Math.abs(y - upper) <= reach && y < middle) Object.assign(drag, { mode: "upper", k });
      else if (Math.abs(y - lower) <= reach && y >= middle) Object.assign(drag, { mode: "lower", k });
      else if (y > upper && y < lower) Object.assign(drag, { mode: "move", k });
    });
    this.drag = drag;
    this.element.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  #move(event) {
    const { drag } = this;
    if (!drag) {
      this.#showCursor(this.#y(event));
      return;
    }
    drag.at = this.#y(event);
    if (!drag.moved && Math.abs(drag.at - drag.from) < CLICK) return;
    drag.moved = true;
    if (!drag.isBand) this.#apply(drag);
  }

  #release() {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    if (drag.isBand) this.#clickBand(drag.from);
    else if (!drag.moved) this.#click(drag.from);
    this.element.classList.remove("is-brushing");
    this.render();
  }

  #apply(drag) {
    this.element.classList.add("is-brushing");
    const axis = this.axis();
    const [low, high] = [axis.y(axis.inverted ? 0 : 1), axis.y(axis.inverted ? 1 : 0)];
    const clamp = (y) => Math.min(high, Math.max(low, y));
    const spans = drag.mode === "new" && !drag.adds ? [] : drag.spans.map((span) => [...span]);
    const delta = drag.at - drag.from;
    if (drag.mode === "new") {
      spans.push([clamp(Math.min(drag.from, drag.at)), clamp(Math.max(drag.from, drag.at))]);
    } else if (drag.mode === "move") {
      const [upper, lower] = drag.spans[drag.k];
      const shift = Math.max(low - upper, Math.min(high - lower, delta));
      spans[drag.k] = [upper + shift, lower + shift];
    } else {
      const [upper, lower] = drag.spans[drag.k];
      const ends = drag.mode === "upper" ? [clamp(upper + delta), lower]
        : [upper, clamp(lower + delta)];
      spans[drag.k] = [Math.min(...ends), Math.max(...ends)];
    }
    this.#set(spans);
  }

  #set(spans) {
    const axis = this.axis();
    const pairs = spans.map(([upper, lower]) => {
      const [a, b] = [axis.unitAt(upper), axis.unitAt(lower)];
      return [Math.min(a, b), Math.max(a, b)];
    });
    this.model.setBrush(this.id, fromIntervals(pairs, axis.scale, this.brush?.slots ?? []));
  }

  /** A click: on a brushed axis clears it, on a name takes just that one. */
  #click(y) {
    const axis = this.axis();
    if (!isEmpty(this.brush)) {
      this.model.setBrush(this.id, null);
    } else if (axis.scale.named) {
      const name = axis.scale.valueAt(axis.unitAt(y));
      if (name !== undefined) this.model.setBrush(this.id, { names: [name], slots: [] });
    }
  }

  #clickBand(y) {
    const { rowY, slots } = this.model.layout;
    let slot = slots[0];
    for (const other of slots) {
      if (Math.abs(rowY.get(other) - y) < Math.abs(rowY.get(slot) - y)) slot = other;
    }
    if (slot !== undefined) toggleSlot(this.model, this.id, SLOTS[slot]);
  }

  #showCursor(y) {
    const inside = this.#spans().find(([upper, lower]) => y > upper - END_REACH
      && y < lower + END_REACH);
    const atEnd = inside && (Math.abs(y - inside[0]) <= END_REACH
      || Math.abs(y - inside[1]) <= END_REACH);
    this.element.style.cursor = atEnd ? "ns-resize" : inside ? "grab" : "crosshair";
  }

  render() {
    const axis = this.axis();
    if (!axis) return;
    const isBrushing = this.element.classList.contains("is-brushing");
    if (!isBrushing && this.rendered?.axis === axis && this.rendered.brush === this.brush) return;
    this.rendered = { axis, brush: isBrushing ? null : this.brush };
    const offset = this.top;
    const spans = this.#spans();
    if (isBrushing && this.#follow(spans, offset)) return;
    const { activeElement } = document;
    const focus = this.element.contains(activeElement) ? activeElement.dataset.end : null;
    const boxes = spans.map(([upper, lower], k) => h("div", {
      class: "pc-brush", style: { top: `${upper - offset}px`, height: `${Math.max(2, lower - upper)}px` },
    }, this.#end(k, "upper"), this.#end(k, "lower")));
    const { rowY, slots = [], rowHeight } = this.model.layout ?? {};
    for (const slot of slots) {
      if (this.brush?.slots?.includes(SLOTS[slot])) {
        boxes.push(h("div", { class: "pc-brush is-slot", style: {
          top: `${rowY.get(slot) - rowHeight / 2 + 2 - offset}px`, height: `${rowHeight - 4}px`,
        } }));
      }
    }
    this.element.replaceChildren(...boxes);
    if (focus) this.element.querySelector(`[data-end="${focus}"]`)?.focus();
    if (isBrushing && boxes.length) {
      boxes[Math.min(this.drag?.k ?? 0, boxes.length - 1)].append(
        h("output", { class: "pc-count" }, this.model.nSelected.toLocaleString("en")));
    }
  }

  /** While a brush is pulled only its place and count change: nothing is built anew. */
  #follow(spans, offset) {
    const boxes = this.element.querySelectorAll(".pc-brush:not(.is-slot)");
    const output = this.element.querySelector("output");
    if (!output || boxes.length !== spans.length) return false;
    spans.forEach(([upper, lower], k) => {
      boxes[k].style.top = `${upper - offset}px`;
      boxes[k].style.height = `${Math.max(2, lower - upper)}px`;
    });
    output.textContent = this.model.nSelected.toLocaleString("en");
    return true;
  }

  /** One end of brush k as a slider. */
  #end(k, end) {
    const axis = this.axis();
    const [from, to] = intervals(this.brush, axis.scale)[k];
    const unit = (end === "upper") === !axis.inverted ? to : from;
    const value = axis.scale.valueAt(unit === 1 && axis.scale.named ? 0.9999 : unit);
    const text = axis.scale.named ? String(value)
      : axis.scale.kind === "time" ? formatTime(value, 1000) : formatNumber(value);
    const slider = h("div", { class: `pc-end is-${end}`, role: "slider", tabindex: 0,
      "data-end": `${k}${end}`, "aria-orientation": "vertical", "aria-valuemin": 0,
      "aria-valuemax": 100, "aria-valuenow": Math.round(unit * 100), "aria-valuetext": text,
      "aria-label": `${end === "upper" ? "Upper" : "Lower"} end of the brush on ${axis.column.label}` });
    slider.addEventListener("keydown", (event) => this.#key(event, k, end));
    return slider;
  }

  #key(event, k, end) {
    const axis = this.axis();
    const step = axis.scale.named ? 1 / axis.scale.names.length : event.shiftKey ? 0.1 : 0.02;
    const direction = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Delete" || event.key === "Backspace" || event.key === "Escape") {
      this.model.setBrush(this.id, null);
      this.element.closest(".pc-axis")?.querySelector(".pc-label")?.focus();
    } else if (direction) {
      const pairs = intervals(this.brush, axis.scale);
      const which = (end === "upper") === !axis.inverted ? 1 : 0;
      const signed = axis.inverted ? -direction : direction;
      const moved = Math.min(1, Math.max(0, pairs[k][which] + signed * step));
      pairs[k][which] = which ? Math.max(pairs[k][0] + 0.001, moved) : Math.min(pairs[k][1] - 0.001, moved);
      this.model.setBrush(this.id, fromIntervals(pairs, axis.scale, this.brush?.slots ?? []));
    } else return;
    event.preventDefault();
  }
}

export function toggleSlot(model, id, slot) {
  const brush = model.view.brushes[id] ?? {};
  const slots = brush.slots ?? [];
  model.setBrush(id, {
    ...brush, slots: slots.includes(slot) ? slots.filter((x) => x !== slot) : [...slots, slot],
  });
}
