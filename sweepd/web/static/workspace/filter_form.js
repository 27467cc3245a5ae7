/** A filter of the view's document, made by choosing a key, a comparison and a value. */
import { h } from "../common/dom.js";
import { filterLack } from "./needs.js";
import { keyOf, keyText } from "./spec.js";

const OPERATORS = [["=", "is"], ["!=", "is not"], [">=", "at least"], ["<=", "at most"], ["IN", "is one of"],
  ["NIN", "is none of"]];

/** Fill a panel with the form; `add(item)` is told of a new filter. */
export function filterForm(panel, keys, add) {
  const key = h("select", { "aria-label": "Key" },
    ...keys.map((item) => h("option", { value: item.text }, item.label.slice(0, 60))));
  const operator = h("select", { "aria-label": "Comparison" },
    ...OPERATORS.map(([id, name]) => h("option", { value: id }, name)));
  const value = h("input", { "aria-label": "Value", placeholder: "value; several with commas" });
  const note = h("p", { class: "small is-bad", role: "alert" });
  panel.append(h("form", { class: "stack", onsubmit: (event) => {
    event.preventDefault();
    note.textContent = filterLack(operator.value, value.value);
    if (note.textContent) {
      value.focus();
      return;
    }
    const isList = operator.value === "IN" || operator.value === "NIN";
    const parts = value.value.split(",").map((part) => part.trim()).filter(Boolean);
    add({ key: bare(keyOf(key.value)), op: operator.value, value: isList ? parts.map(read) : read(value.value.trim()),
      disabled: false });
    panel.hidePopover();
  } }, key, operator, value, note, h("button", { class: "primary" }, "Add")));
}

/** Filters name a config key without `.value`. */
function bare(key) {
  return { ...key, name: key.name.replace(/\.value$/, "") };
}

function read(text) {
  if (text === "") return null;
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** A filter in words. */
export function describeFilter(item) {
  if (item.filters) return item.filters.map(describeFilter).join(" and ");
  const name = keyText(item.key).split(":").slice(1).join(":");
  const sign = { "=": "=", "==": "=", "!=": "≠", ">=": "≥", "<=": "≤", IN: "in", NIN: "not in" }[item.op] ?? item.op;
  return `${name} ${sign} ${Array.isArray(item.value) ? item.value.join(", ") : item.value ?? "nothing"}`.slice(0, 120);
}
