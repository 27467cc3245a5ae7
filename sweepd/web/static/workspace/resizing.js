/**
 * The corner by which panels are resized: those of a section have one size, as in the client's
 * document, so many columns and so high.
 */
import { h } from "../common/dom.js";
import { hold } from "./sections.js";

const LEAST = 160; // px
const MOST = 1200;
const MOST_COLUMNS = 6;
const STEP = 40; // px of an arrow key
const HEAD = 70; // of a panel's height that is not its body

/** The handle of a card; `card` has {element, one, context, panels}. */
export function resizeHandle(card) {
  const handle = h("span",
    { class: "ws-resize", role: "button", tabindex: "0", title: "Drag to resize the panels of this section",
    "aria-label": "Resize the panels of this section" });
  let from = null;
  const sizeAt = (event) => ({ height: clamp(from.height + event.clientY - from.y, LEAST, MOST),
    columns: clamp(Math.round(from.width / Math.max(80, from.own + event.clientX - from.x)), 1, MOST_COLUMNS) });
  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const grid = card.element.parentElement;
    from = { x: event.clientX, y: event.clientY, width: grid.clientWidth, own: card.element.offsetWidth,
      height: card.height + HEAD };
  });
  handle.addEventListener("pointermove", (event) => {
    if (!from) return;
    const { height, columns } = sizeAt(event);
    const grid = card.element.parentElement;
    grid.style.setProperty("--columns", columns);
    for (const element of grid.children) element.card?.setHeight(height - HEAD);
  });
  handle.addEventListener("pointerup", (event) => {
    if (from) resize(card, sizeAt(event));
    from = null;
  });
  handle.addEventListener("pointercancel", () => {
    from = null;
    card.panels.update();
  });
  handle.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const [wider, higher] = moves[event.key] ?? [0, 0];
    if (!wider && !higher) return;
    event.preventDefault();
    const columns = Number(card.element.parentElement.style.getPropertyValue("--columns"));
    resize(card, { height: clamp(card.height + HEAD + higher, LEAST, MOST),
      columns: clamp(columns - wider, 1, MOST_COLUMNS) });
  });
  return handle;
}

function resize(card, { height, columns }) {
  card.context.view.change((spec) => {
    const section = hold(spec, card.one);
    section.flowConfig = { ...section.flowConfig, boxHeight: Math.round(height), columnsPerPage: columns };
  });
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
