/** Small helpers to build elements; text is always set as text, never as markup. */

/**
 * `h("button", {class: "quiet", onclick, "aria-label": "…"}, "text", child)`; attributes whose
 * value is null or false are left out, and styles go through CSSOM, which a strict policy allows.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") setStyle(element, value);
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function setStyle(element, styles) {
  for (const [name, value] of Object.entries(styles)) {
    if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.style[name] = value;
  }
}

/** Replace what is inside an element; null children are left out. */
export function put(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** The colour a CSS variable stands for right now, as the browser computes it. */
export function colourOf(element, variable) {
  const probe = h("span", { hidden: true });
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const ruler = document.createElement("canvas").getContext("2d");
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** How wide a text is in `font` ("600 13px"), in pixels. */
export function widthOf(text, font = "11px") {
  ruler.font = `${font} ${FONT}`;
  return ruler.measureText(text).width;
}

/** Cut a label to `width` pixels in `font` ("600 13px"), keeping both of its ends. */
export function shorten(text, width, font = "11px") {
  ruler.font = `${font} ${FONT}`;
  const characters = [...text.slice(0, 400)];
  if (ruler.measureText(characters.join("")).width <= width) return characters.join("");
  let [least, most] = [1, characters.length];
  const cut = (n) => {
    const head = Math.ceil(n * 0.6);
    return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - n + head).join("")}`;
  };
  while (least < most) {
    const middle = (least + most + 1) >> 1;
    if (ruler.measureText(cut(middle)).width <= width) least = middle;
    else most = middle - 1;
  }
  return cut(least);
}

/** Save text or a blob under a name, through a link that is clicked and gone. */
export function save(name, content, type) {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A popover of ours: opens under its button, closes on Escape and on a click elsewhere. */
export function popover(button, fill, { label, className = "" } = {}) {
  const panel = h("div", { popover: "auto", class: `popover ${className}`, role: "dialog",
    "aria-label": label });
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-expanded", "false");
  panel.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    button.setAttribute("aria-expanded", String(open));
    if (!open) panel.remove();
  });
  const place = () => {
    const box = button.getBoundingClientRect();
    const left = Math.min(box.left, window.innerWidth - panel.offsetWidth - 8);
    const below = box.bottom + 6;
    const top = below + panel.offsetHeight > window.innerHeight
      ? Math.max(8, Math.min(below, window.innerHeight - panel.offsetHeight - 8)) : below;
    panel.style.left = `${Math.max(8, left)}px`;
    panel.style.top = `${top}px`;
  };
  // What comes later, as an answer of the server, must not grow out of the window.
  new ResizeObserver(() => panel.isConnected && button.isConnected && place()).observe(panel);
  const show = () => {
    panel.replaceChildren();
    fill(panel);
    document.body.append(panel);
    panel.showPopover();
    place();
    panel.querySelector("select, input, button")?.focus();
  };
  let openOnPress = false;
  button.addEventListener("pointerdown", () => {
    openOnPress = panel.isConnected; // a press outside has closed it before the click arrives
  });
  button.addEventListener("click", () => {
    if (!openOnPress && !panel.isConnected) show();
    openOnPress = false;
  });
  return { show, close: () => panel.isConnected && panel.hidePopover(), panel };
}
