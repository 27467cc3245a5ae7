/**
 * A report as one file, to be read without a server: HTML with its curves as shapes and its pictures
 * inside, or Markdown. Both hold what is drawn; what is not says so, as the page does.
 */
import { h, save } from "../common/dom.js";
import { svgOf } from "../workspace/export.js";
import { markdownOf } from "./markdown.js";

const STYLES = ["style.css", "pages.css", "curves.css", "workspace.css", "report.css"];
const fileName = (title, end) => `${title.replace(/[^\p{L}\p{N}.-]+/gu, "_").slice(0, 80) || "report"}.${end}`;
const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function base64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Every plot below an element as an SVG text, drawn first where it was never in sight. */
function shapesIn(root) {
  return new Map([...root.querySelectorAll(".plot")].filter((element) => element.plot).map((element) => {
    element.plot.drawNow();
    return [element, svgOf(element.plot, "")];
  }));
}

/** A picture of this server as an address that holds it; null when it cannot be read. */
async function held(address) {
  try {
    const response = await fetch(address);
    if (!response.ok) return null;
    const type = response.headers.get("Content-Type") ?? "image/png";
    return `data:${type};base64,${base64(new Uint8Array(await response.arrayBuffer()))}`;
  } catch {
    return null;
  }
}

/** The drawn blocks as elements that need neither scripts nor server. */
async function still(blocks) {
  const shapes = shapesIn(blocks);
  const copy = blocks.cloneNode(true);
  const pairs = (selector) => [...blocks.querySelectorAll(selector)]
    .map((element, k) => [element, copy.querySelectorAll(selector)[k]]);
  const swaps = pairs(".plot").filter(([element]) => shapes.has(element)).map(([element, place]) => {
    const figure = h("div", { class: "plot-still" });
    figure.innerHTML = shapes.get(element); // our own text, every name in it escaped
    figure.firstElementChild.removeAttribute("height");
    figure.firstElementChild.setAttribute("width", "100%");
    return [place, figure];
  });
  for (const [canvas, place] of pairs("canvas").filter(([element]) => !element.closest(".plot")?.plot)) {
    swaps.push([place, h("img", { src: canvas.toDataURL("image/png"), alt: canvas.getAttribute("aria-label") ?? "" })]);
  }
  for (const [frame, place] of pairs("iframe"))
    swaps.push([place, h("p", { class: "quiet" }, `${frame.title || "A frame"} is shown only on the server.`)]);
  for (const [image, place] of pairs("img").filter(([element]) => !element.src.startsWith("data:"))) {
    const address = await held(image.src);
    if (address) place.src = address;
    else swaps.push([place, h("p", { class: "quiet" }, `Picture: ${image.alt || image.src}`)]);
  }
  for (const [place, fresh] of swaps) place.replaceWith(fresh);
  for (const element of copy.querySelectorAll("script, button")) element.remove();
  for (const element of copy.querySelectorAll("details")) element.open = true;
  for (const link of copy.querySelectorAll('a[href]:not([href^="#"])'))
    link.setAttribute("href", new URL(link.getAttribute("href"), window.location.href).href);
  return copy;
}

/** Save as HTML. `head` is the element with title and author, `blocks` that of the drawn blocks. */
export async function saveHtml(title, head, blocks, width) {
  const [body, ...styles] = await Promise.all([still(blocks),
    ...STYLES.map((name) => fetch(new URL(`../${name}`, import.meta.url)).then((response) => response.text()))]);
  const top = head.cloneNode(true);
  top.querySelector('[data-part="tools"]')?.remove();
  for (const time of top.querySelectorAll("[data-time]"))
    time.textContent = new Date(time.dataset.time).toLocaleString();
  const theme = document.documentElement.dataset.theme
    ?? (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  save(fileName(title, "html"), `<!doctype html>
<html lang="en" data-theme="${escape(theme)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(title)}</title><style>${styles.join("\n").replaceAll("</", "<\\/")}</style></head>
<body><main><article class="report" data-width="${escape(width)}">${
    top.outerHTML}${body.outerHTML}</article></main></body></html>
`, "text/html");
}

/** Save as Markdown, the curves as pictures within. */
export function saveMarkdown(title, description, drawn) {
  const pictures = (element) => [...element.querySelectorAll(".report-panel")].map((panel) => {
    const [svg] = shapesIn(panel).values();
    return { name: panel.getAttribute("aria-label"), text: panel.innerText,
      image: svg ? `data:image/svg+xml;base64,${base64(new TextEncoder().encode(svg))}` : null };
  });
  save(fileName(title, "md"), markdownOf(title, description, drawn, pictures), "text/markdown");
}
