/**
 * Panels are moved by their grip: dragged before another panel or onto a section, or, by keyboard,
 * with arrow keys: sideways within the section, up and down into the one above or below.
 */
import { h } from "../common/dom.js";
import { titleOfPanel } from "./needs.js";
import { movePanel, movePanelTo, nameOf } from "./sections.js";

let dragged = null; // the card that is being dragged

/** The grip of a card; `card` has {element, one, item, context, panels}. */
export function moveGrip(card) {
  const grip = h("span",
    { class: "ws-grip", draggable: "true", role: "button", tabindex: "0", title: "Drag to move, or arrow keys" }, "⠿");
  grip.addEventListener("dragstart", (event) => {
    dragged = card;
    event.dataTransfer.setDragImage(card.element, 20, 20);
    event.dataTransfer.effectAllowed = "move";
  });
  grip.addEventListener("dragend", () => {
    dragged = null;
  });
  grip.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [within, between] = moves[event.key] ?? [0, 0];
    if (!within && !between) return;
    event.preventDefault();
    const { all } = card.panels;
    const to = all[all.findIndex((one) => one.name === card.one.name) + between];
    if (!to) return;
    const at = within ? placeOf(card) + within : between > 0 ? 0 : to.panels.length;
    move(card, to, at);
    const { panels } = card.panels.all.find((one) => nameOf(one) === nameOf(to));
    card.panels.cardOf(panels[Math.min(panels.length - 1, Math.max(0, at))])?.grip.focus();
  });
  return grip;
}

/** Say what the grip moves, and where that stands. */
export function nameGrip(card) {
  const { panels } = card.one;
  const title = titleOfPanel(card.item.panel).slice(0, 120);
  const section = card.one.name.slice(0, 80);
  card.grip.setAttribute("aria-label", `Move ${title}: ${placeOf(card) + 1} of ${panels.length} in ${section}`);
}

/** A card takes what is dropped on it: it goes before it. */
export function takesBefore(card) {
  takes(card.element, (moved) => {
    const others = card.one.panels.filter((item) => item.id !== moved.item.id);
    move(moved, card.one, others.findIndex((item) => item.id === card.item.id));
  }, () => dragged !== card);
}

/** A section takes what is dropped beside its panels, or on its name: it goes last. */
export function takesLast(element, one) {
  takes(element, (moved) => move(moved, one, one.panels.length), () => true);
}

/** Into which sections a panel may be moved, as a list to choose from; null where there is no other. */
export function sectionChoice(card) {
  const others = card.panels.all.filter((one) => one.name !== card.one.name);
  if (!others.length) return null;
  const select = h("select", { "aria-label": "Move to section" }, h("option", { value: "" }, "Move to section…"),
    ...others.map((one, k) => h("option", { value: k }, one.name.slice(0, 80))));
  select.addEventListener("change", () => {
    const one = others[Number(select.value)];
    select.closest("[popover]")?.hidePopover();
    move(card, one, one.panels.length);
  });
  return select;
}

const placeOf = (card) => card.one.panels.findIndex((item) => item.id === card.item.id);

function takes(element, drop, isWanted) {
  element.addEventListener("dragover", (event) => {
    if (!dragged || !isWanted()) return;
    event.preventDefault();
    event.stopPropagation(); // a card within a section takes it first
    element.classList.add("is-target");
  });
  element.addEventListener("dragleave", () => element.classList.remove("is-target"));
  element.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    event.stopPropagation();
    element.classList.remove("is-target");
    const moved = dragged;
    dragged = null;
    if (isWanted()) drop(moved);
  });
}

function move(card, to, at) {
  const isWithin = to.name === card.one.name;
  card.context.view.change(
    (spec) => (isWithin ? movePanel(spec, card.one, card.item, at) : movePanelTo(spec, card.one, to, card.item, at)));
}
