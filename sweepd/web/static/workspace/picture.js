/**
 * A panel of any kind as a picture: plots of lines as shapes, what is made of elements as it stands
 * on the page, with everything it needs inside.
 */
import { save } from "../common/dom.js";
import { plotSvg } from "../parallel/export.js";
import { fileName, savePng as saveLinesPng, svgOf } from "./export.js";
import { LinePanel } from "./line_panel.js";
import { ParallelPanel } from "./parallel_panel.js";

const HEAD = 30; // px above the panel, for its name
const SHARP = 2; // pixels of a PNG for one of the page
const ANSWER_MS = 20_000; // that a chart has to say how it looks
const HTML = "http://www.w3.org/1999/xhtml";

/** Whether a picture can be made: of what stands in a frame, Vega's alone gives one. */
export const hasPicture = (card) => Boolean(card.kind)
  && !card.body.querySelector("iframe:not(.vega-frame), video, audio");

export async function saveSvg(card, name) {
  save(fileName(name, "svg"), await svgText(card, name), "image/svg+xml");
}

export async function savePng(card, name) {
  if (card.kind instanceof LinePanel) {
    saveLinesPng(card.kind.plot, name);
    return;
  }
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await svgText(card, name))}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"),
    { width: SHARP * image.naturalWidth, height: SHARP * image.naturalHeight });
  const context = canvas.getContext("2d");
  context.scale(SHARP, SHARP);
  context.drawImage(image, 0, 0);
  canvas.toBlob((blob) => save(fileName(name, "png"), blob));
}

async function svgText({ kind, body, element }, name) {
  if (kind instanceof LinePanel) return svgOf(kind.plot, name);
  if (kind instanceof ParallelPanel) return plotSvg(kind.plot);
  const frame = body.querySelector("iframe.vega-frame");
  if (frame) return pictureOf(frame);
  const { width, height } = body.getBoundingClientRect();
  const beyond = Math.max(0, ...[...body.querySelectorAll("*")].filter(isScrolled)
    .map((e) => e.scrollHeight - e.clientHeight));
  const style = getComputedStyle(element);
  const title = document.createElementNS(HTML, "p");
  title.textContent = name;
  Object.assign(title.style, { margin: "8px", font: `600 13px ${style.fontFamily}`, color: style.color });
  const around = document.createElementNS(HTML, "div");
  Object.assign(around.style, { background: style.backgroundColor, height: "100%" });
  around.append(title, await copied(body));
  const inside = new XMLSerializer().serializeToString(around);
  const [w, h] = [Math.ceil(width), Math.ceil(height + beyond) + HEAD];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">`
    + `<foreignObject width="100%" height="100%">${inside}</foreignObject></svg>`;
}

/** What Vega has drawn in its frame, as it says; of it come shapes and words alone. */
async function pictureOf(frame) {
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((done) => {
    port1.onmessage = ({ data }) => done(data);
    const error = `it did not answer within ${ANSWER_MS / 1000} seconds; wait until it is drawn, then try again`;
    setTimeout(() => done({ error }), ANSWER_MS);
  });
  frame.contentWindow.postMessage({ picture: true }, "*", [port2]);
  const { svg, error } = await answer;
  port1.close();
  if (error) throw new Error(`This chart has no picture: ${error}`);
  return shapesOf(String(svg));
}

/** A drawing without anything that runs, leads or loads. */
export function shapesOf(svg) {
  const { documentElement: drawing } = new DOMParser().parseFromString(svg, "image/svg+xml");
  for (const element of [...drawing.querySelectorAll("script, foreignObject, iframe, a")])
    element.replaceWith(...(element.localName === "a" ? element.childNodes : []));
  for (const element of [drawing, ...drawing.querySelectorAll("*")]) {
    for (const { name, value } of [...element.attributes]) {
      if (/^on/i.test(name) || (/href$/i.test(name) && !value.startsWith("#") && !value.startsWith("data:image/")))
        element.removeAttribute(name);
    }
  }
  return new XMLSerializer().serializeToString(drawing);
}

/** A copy of an element that looks the same without our style sheets; canvases become pictures. */
async function copied(element) {
  if (element instanceof HTMLCanvasElement) return pictured(element, element.toDataURL());
  if (element instanceof HTMLImageElement) return pictured(element, await inlined(element));
  const copy = element.cloneNode(false);
  for (const name of ["id", "class", "href", "onclick"]) copy.removeAttribute(name);
  dress(copy, element);
  for (const child of element.childNodes) {
    if (child instanceof Element) copy.append(await copied(child));
    else if (child instanceof Text) copy.append(child.cloneNode());
  }
  return copy;
}

function dress(copy, element) {
  const style = getComputedStyle(element);
  for (const name of style) copy.style.setProperty(name, style.getPropertyValue(name));
  const isWhole = isScrolled(element) || [...element.querySelectorAll("*")].some(isScrolled);
  if (isWhole) Object.assign(copy.style, { overflow: "visible", height: "auto", maxHeight: "none" });
}

/** On paper nothing scrolls: what is hidden below is shown. */
function isScrolled(element) {
  return element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY);
}

function pictured(element, address) {
  const image = document.createElementNS(HTML, "img");
  dress(image, element);
  image.setAttribute("src", address);
  return image;
}

/** The address of an image with all of it inside. */
async function inlined(image) {
  const canvas = Object.assign(document.createElement("canvas"),
    { width: image.naturalWidth || 1, height: image.naturalHeight || 1 });
  await image.decode().catch(() => {}); // one that is broken stays empty
  if (image.naturalWidth) canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL();
}
