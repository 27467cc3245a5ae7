/** Each kind of media as elements; what cannot be drawn is named, with its file to download. */
import { h, put } from "../../common/dom.js";
import { draw, HUES, plotly, CONFIG } from "../charts.js";
import { imageGrid } from "./images.js";
import { isImage, itemsOf } from "./items.js";
import { readJson } from "./reading.js";
import { scene } from "./scenes.js";

const NAMES = { "object3D-file": "3D object", "molecule-file": "molecule", "bokeh-file": "Bokeh figure",
  "graph-file": "graph", "wb_trace_tree": "trace", "joined-table": "joined table",
  "partitioned-table": "partitioned table" };

/** The elements that show one object of a row; `url(path)` addresses its files. */
export function drawMedia(media, url, options = {}) {
  if (media._type === "histogram") return [histogram(media)];
  const items = itemsOf(media).slice(0, 108); // the client logs no more images at once
  if (!items.length) return [h("p", { class: "quiet" }, "Empty.")];
  if (items.every(isImage)) return imageGrid(items, url, options);
  if (items.length === 1) return [single(items[0], url)];
  return [h("div", { class: "media-items is-wide" }, ...items.map((item) => single(item, url)))];
}

/** Whether a card of this needs the whole width. */
export const isWide = (media) => itemsOf(media).length > 3;

function single(item, url) {
  const drawn = item.path ? DRAWINGS[item._type]?.(item, url) : null;
  return h("figure", {}, drawn ?? download(item, url),
    item.caption ? h("figcaption", {}, String(item.caption).slice(0, 300)) : null);
}

function download(item, url) {
  const kind = NAMES[item._type] ?? String(item._type).replace(/-file$/, "");
  if (!item.path) return h("p", { class: "quiet" }, `A ${kind}, which has no drawing here.`);
  const extension = /\.[\w.]+$/.exec(item.path.split("/").at(-1))?.[0] ?? "";
  return h("p", {}, h("a", { class: "button", href: url(item.path), download: "" }, `Download the ${kind}`),
    h("span", { class: "quiet small" }, ` ${extension}`));
}

const DRAWINGS = {
  "image-file": (item, url) => imageGrid([item], url)[0],
  "audio-file": (item, url) => h("audio", { controls: true, preload: "metadata", src: url(item.path) }),
  "video-file": (item, url) => (isImage(item) ? imageGrid([item], url)[0]
    : h("video", { controls: true, loop: true, preload: "metadata", src: url(item.path) })),
  "html-file": page,
  "plotly-file": figure,
  "object3D-file": scene,
};

/* The client itself puts a link to a style sheet of its service's into each page. */
const SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox";
const ELSEWHERE = /(?:src|href)\s*=\s*["']?(?:https?:)?\/\/(?!app\.wandb\.ai\/normalize\.css)/i;

/** A logged page: without our origin and, until its reader says otherwise, without a network. */
function page(item, url) {
  const frame = h("iframe", { class: "media-page", sandbox: SANDBOX, loading: "lazy",
    src: `${url(item.path)}?frame`, title: String(item.caption || "logged page").slice(0, 100) });
  const place = h("div", {}, frame);
  fetch(url(item.path)).then((response) => response.text()).then((text) => {
    if (!ELSEWHERE.test(text)) return;
    const allow = h("button", { type: "button", class: "bare", onclick: () => {
      frame.src = `${url(item.path)}?frame=open`;
      note.remove();
    } }, "Load it");
    const note = h("p", { class: "quiet small" }, "It has parts on other machines. ", allow);
    place.append(note);
  }).catch(() => {});
  return place;
}

function figure(item, url) {
  const place = h("div", { class: "chart is-figure" });
  Promise.all([readJson(url(item.path)), plotly()]).then(([{ data = [], layout = {} }, library]) => {
    if (!place.isConnected) return null;
    const { width, height, ...rest } = layout;
    place.style.height = `${Math.max(240, Math.min(720, height ?? 360))}px`;
    const margin = rest.margin ?? { l: 48, r: 16, t: rest.title?.text ? 56 : 16, b: 40 }; // Plotly's suit a whole page
    return library.newPlot(place, data, { ...rest, margin, autosize: true }, CONFIG);
  }).catch((error) => put(place, h("p", { class: "quiet small" }, `Not drawn: ${error.message}`)));
  return place;
}

function histogram(media) {
  const place = h("div", { class: "chart" });
  const bins = media.bins ?? [];
  const centres = (media.values ?? []).map((_, k) => (bins[k] + bins[k + 1]) / 2);
  queueMicrotask(() => draw(place, [{ type: "bar", x: centres, y: media.values, marker: { color: HUES[0] } }],
    { bargap: 0.02 }));
  return place;
}
