/** The menu of an axis: everything the pointer can do there, as form controls with names. */
import { h, popover, put } from "../common/dom.js";
import { hide, invert, move } from "./axis_actions.js";
import { toggleSlot } from "./brushes.js";
import { KINDS } from "./scales.js";
import { SLOTS, SLOT_LABELS } from "../common/values.js";

const MOST_NAMES = 40; // beyond this a list of check boxes helps nobody

/** Open the menu of axis `id` when its button is pressed. */
export function openMenu(button, model, id, axis) {
  const menu = popover(button, (panel) => fill(panel), { label: "Axis", className: "axis-menu" });
  const act = (action) => () => {
    menu.close();
    action();
  };
  function fill(panel) {
    const { column, scale } = axis();
    const kinds = column.kinds();
    put(panel,
      h("h3", { class: "popover-title" }, column.label.slice(0, 200)),
      kinds.length > 1 ? field("Scale", kindSelect(model, id, kinds)) : null,
      scale.named ? names(model, id, scale) : range(model, id),
      slotBoxes(model, id),
      h("div", { class: "menu-actions" },
        h("button", { type: "button", onclick: act(() => invert(model, id)) }, "Turn round"),
        h("button", { type: "button", onclick: act(() => model.change({ colour: id })) },
          "Colour by this"),
        h("button", { type: "button", onclick: act(() => move(model, id, -1)) }, "Move left"),
        h("button", { type: "button", onclick: act(() => move(model, id, 1)) }, "Move right"),
        h("button", { type: "button", onclick: act(() => model.setBrush(id, null)) }, "Clear brush"),
        h("button", { type: "button", onclick: act(() => hide(model, id)) }, "Hide axis")),
    );
  }
}

function field(label, control) {
  return h("label", { class: "field" }, h("span", {}, label), control);
}

/** Names and numbers do not brush alike: a change between the two clears the brush. */
function kindSelect(model, id, kinds) {
  const select = h("select", {}, ...kinds.map((kind) => h("option", { value: kind }, KINDS[kind].label)));
  select.value = model.kindOf(id);
  select.addEventListener("change", () => {
    const wasNamed = model.scale(id).named;
    const brushes = { ...model.view.brushes };
    if (wasNamed !== ["categorical", "boolean"].includes(select.value)) delete brushes[id];
    model.change({ kinds: { ...model.view.kinds, [id]: select.value }, brushes });
  });
  return select;
}

function range(model, id) {
  const brush = model.view.brushes[id];
  const [low, high] = brush?.ranges?.[0] ?? [null, null];
  const isTime = model.column(id).kind === "time";
  const input = (value, label) => h("input", isTime
    ? { type: "datetime-local", step: 1, value: value === null ? "" : localTime(value), "aria-label": label }
    : { type: "number", step: "any", value: value ?? "", placeholder: "open", "aria-label": label });
  const from = input(low, "from");
  const to = input(high, "to");
  const number = ({ value }) => (value === "" ? null : isTime ? new Date(value).getTime() : Number(value));
  const change = () => {
    const [a, b] = [number(from), number(to)];
    const slots = model.view.brushes[id]?.slots ?? [];
    model.setBrush(id, { ranges: a === null && b === null ? [] : [[a, b]], slots });
  };
  from.addEventListener("change", change);
  to.addEventListener("change", change);
  return h("fieldset", { class: "range" }, h("legend", {}, "Brush"), from, h("span", {}, "to"), to);
}

/** Milliseconds as the control for a date and time wants them: in the reader's zone. */
function localTime(ms) {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function names(model, id, scale) {
  const chosen = () => model.view.brushes[id]?.names ?? [];
  const boxes = scale.names.slice(0, MOST_NAMES).map((name) => checkbox(
    name || "(empty)", chosen().includes(name), (on) => {
      const { slots = [] } = model.view.brushes[id] ?? {};
      const next = on ? [...chosen(), name] : chosen().filter((other) => other !== name);
      model.setBrush(id, { names: next, slots });
    }));
  return h("fieldset", { class: "checks" }, h("legend", {}, "Brush"), ...boxes);
}

function slotBoxes(model, id) {
  const { slots = [] } = model.layout ?? {};
  if (!slots.length) return null;
  const chosen = model.view.brushes[id]?.slots ?? [];
  return h("fieldset", { class: "checks" }, h("legend", {}, "Without a place on the scale"),
    ...slots.map((slot) => checkbox(SLOT_LABELS[slot], chosen.includes(SLOTS[slot]),
      () => toggleSlot(model, id, SLOTS[slot]))));
}

export function checkbox(label, checked, change) {
  const input = h("input", { type: "checkbox", checked });
  input.addEventListener("change", () => change(input.checked));
  return h("label", { class: "check" }, input, h("span", {}, label.slice(0, 200)));
}
