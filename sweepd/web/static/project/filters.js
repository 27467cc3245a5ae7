/** The filter builder: column, comparison, value; each filter can be taken away again. */
import { h, popover, put } from "../common/dom.js";
import { pattern } from "../parallel/selection.js";
import { formatNumber, formatTime, SLOTS, SLOT_LABELS } from "../common/values.js";

const OPERATORS = [["=", "is"], ["≠", "is not"], ["~", "contains"], ["≁", "does not contain"],
  ["^", "matches (regex)"], ["≥", "at least"], ["≤", "at most"], ["↔", "between"],
  ["∃", "has a value"], ["∄", "has no value"]];
const HINTS = { "^": "regular expression", "↔": "low, high", "≥": "number", "≤": "number" };

const THOUSANDS = /^[-−]?\d{1,3}(,\d{3})+(\.\d+)?$/; // one number, as the pages write it

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
      value.placeholder = HINTS[operator.value] ?? "value; several with commas";
    });
    const last = model.view.filters.at(-1);
    const either = h("input", { type: "checkbox" });
    const note = h("p", { class: "small", role: "alert" });
    const form = h("form", { class: "stack" }, column, operator, value,
      last ? h("label", { class: "small" }, either,
        ` or the last one (${describe(model, last).slice(0, 60)})`) : null,
      h("button", { type: "submit", class: "primary" }, "Add"), note);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const filter = build(model, column.value, operator.value, value.value);
      if (typeof filter === "string") note.textContent = filter;
      else {
        const { filters } = model.view;
        model.change({ filters: either.checked && filters.length
          ? [...filters.slice(0, -1), joined(filters.at(-1), filter)] : [...filters, filter] });
        value.value = "";
        note.textContent = "Added";
      }
    });
    panel.append(form);
  }
}

/** Either of two filters. Both must keep or both drop, and ask of different columns. */
function joined(one, other) {
  const [id] = Object.keys(other.brushes);
  const shared = one.brushes[id];
  const brush = { ...other.brushes[id] };
  for (const part of Object.keys(shared ?? {})) {
    if (Array.isArray(shared[part])) brush[part] = [...shared[part], ...(brush[part] ?? [])];
  }
  return { drop: one.drop, any: true, brushes: { ...one.brushes, [id]: brush } };
}

/** A filter in the model's terms, or a text that says what is wrong. */
function build(model, id, operator, text) {
  const parts = (THOUSANDS.test(text.trim()) ? [text.replaceAll(",", "")] : text.split(","))
    .map((part) => part.trim()).filter((part) => part !== "");
  if ("∃∄".includes(operator)) {
    return { drop: operator === "∃", brushes: { [id]: { ranges: [], slots: ["missing", "nan"] } } };
  }
  if (!parts.length) return "Give a value.";
  if ("~≁".includes(operator)) {
    return { drop: operator === "≁", brushes: { [id]: { contains: parts } } };
  }
  if (operator === "^") {
    return pattern(text.trim()) ? { drop: false, brushes: { [id]: { matches: [text.trim()] } } }
      : "That is no regular expression.";
  }
  if (operator === "=" || operator === "≠") {
    return { drop: operator === "≠", brushes: { [id]: { names: parts, slots: [] } } };
  }
  const isTime = model.column(id)?.kind === "time";
  if (operator === "↔") {
    const [low, high] = parts.map((part) => (isTime ? Date.parse(part) : Number(part)));
    if (parts.length !== 2 || Number.isNaN(low) || Number.isNaN(high)) {
      return "Between needs two values with a comma: low, high.";
    }
    return { drop: false, brushes: { [id]: { ranges: [[Math.min(low, high), Math.max(low, high)]], slots: [] } } };
  }
  const number = isTime ? Date.parse(text.trim()) : Number(parts[0]);
  if (Number.isNaN(number)) {
    return isTime ? "Give a time, as 2026-11-20 10:30." : "At least and at most need a number.";
  }
  const range = operator === "≥" ? [number, null] : [null, number];
  return { drop: false, brushes: { [id]: { ranges: [range], slots: [] } } };
}

function describe(model, { drop, any, brushes }) {
  const texts = Object.entries(brushes).map(([id, brush]) => {
    const label = model.columns.get(id)?.label ?? id;
    const write = model.columns.get(id)?.kind === "time" ? (ms) => formatTime(ms, 90_000_000) : formatNumber;
    const ranges = (brush.ranges ?? []).map(([a, b]) => (
      a === null ? `≤ ${write(b)}` : b === null ? `≥ ${write(a)}` : `${write(a)} to ${write(b)}`));
    const slots = (brush.slots ?? []).map((slot) => SLOT_LABELS[SLOTS.indexOf(slot)] ?? slot);
    const texts = (brush.contains ?? []).map((text) => `contains ${text}`);
    const patterns = (brush.matches ?? []).map((text) => `matches ${text}`);
    return `${label} ${[...ranges, ...(brush.names ?? []), ...slots, ...texts, ...patterns].join(" or ")}`;
  });
  return `${drop ? "not " : ""}${texts.join(any ? " or " : " and ")}`;
}
