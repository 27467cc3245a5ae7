/** The filter builder: column, comparison, value; each filter can be taken away again. */
import { h, popover, put } from "../common/dom.js";
import { formatNumber, formatTime, SLOTS, SLOT_LABELS } from "../common/values.js";

const OPERATORS = [["=", "is"], ["≠", "is not"], ["≥", "at least"], ["≤", "at most"],
  ["∃", "has a value"], ["∄", "has no value"]];

export class Filters {
  constructor(root, model) {
    Object.assign(this, { root, model });
    this.add = h("button", { type: "button" }, "Add a filter");
    popover(this.add, (panel) => this.#form(panel), { label: "Add a filter" });
    model.addEventListener("view", () => this.render());
    this.render();
  }

  render() {
    const { filters, hidden } = this.model.view;
    const chips = filters.map((filter, k) => this.#chip(describe(this.model, filter),
      () => this.model.change({ filters: filters.filter((_, other) => other !== k) })));
    if (hidden.length) {
      chips.push(this.#chip(`${hidden.length} hidden`, () => this.model.change({ hidden: [] })));
    }
    put(this.root, ...chips, this.add);
  }

  #chip(text, remove) {
    return h("span", { class: "filter" }, text.slice(0, 160),
      h("button", { type: "button", "aria-label": `Remove the filter ${text}`, onclick: remove }, "×"));
  }

  #form(panel) {
    const { model } = this;
    const column = h("select", { "aria-label": "Column" }, ...[...model.columns.values()]
      .map((c) => h("option", { value: c.id }, c.label.slice(0, 60))));
    const operator = h("select", { "aria-label": "Comparison" },
      ...OPERATORS.map(([sign, name]) => h("option", { value: sign }, name)));
    const value = h("input", { "aria-label": "Value", placeholder: "value; several with commas" });
    operator.addEventListener("change", () => {
      value.hidden = "∃∄".includes(operator.value);
    });
    const note = h("p", { class: "small", role: "alert" });
    const form = h("form", { class: "stack" }, column, operator, value,
      h("button", { type: "submit", class: "primary" }, "Add"), note);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const filter = build(model, column.value, operator.value, value.value);
      if (typeof filter === "string") note.textContent = filter;
      else {
        model.change({ filters: [...model.view.filters, filter] });
        value.value = "";
        note.textContent = "Added";
      }
    });
    panel.append(form);
  }
}

/** A filter in the model's terms, or a text that says what is wrong. */
function build(model, id, operator, text) {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if ("∃∄".includes(operator)) {
    return { drop: operator === "∃", brushes: { [id]: { ranges: [], slots: ["missing", "nan"] } } };
  }
  if (!parts.length) return "Give a value.";
  if (operator === "=" || operator === "≠") {
    return { drop: operator === "≠", brushes: { [id]: { names: parts, slots: [] } } };
  }
  const isTime = model.column(id)?.kind === "time";
  const number = isTime ? Date.parse(text.trim()) : Number(parts[0]);
  if (Number.isNaN(number)) {
    return isTime ? "Give a time, as 2026-11-20 10:30." : "At least and at most need a number.";
  }
  const range = operator === "≥" ? [number, null] : [null, number];
  return { drop: false, brushes: { [id]: { ranges: [range], slots: [] } } };
}

function describe(model, { drop, brushes }) {
  const texts = Object.entries(brushes).map(([id, brush]) => {
    const label = model.columns.get(id)?.label ?? id;
    const write = model.columns.get(id)?.kind === "time" ? (ms) => formatTime(ms, 90_000_000) : formatNumber;
    const ranges = (brush.ranges ?? []).map(([a, b]) => (
      a === null ? `≤ ${write(b)}` : b === null ? `≥ ${write(a)}` : `${write(a)} to ${write(b)}`));
    const slots = (brush.slots ?? []).map((slot) => SLOT_LABELS[SLOTS.indexOf(slot)] ?? slot);
    return `${label} ${[...ranges, ...(brush.names ?? []), ...slots].join(" or ")}`;
  });
  return `${drop ? "not " : ""}${texts.join(" and ")}`;
}
