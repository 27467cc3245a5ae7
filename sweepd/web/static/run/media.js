/** Images, tables and histograms of a run, by step; other media as links to their files. */
import { h, put } from "../parallel/dom.js";
import { formatValue } from "../parallel/values.js";
import { draw, HUES } from "./charts.js";

const MOST_ROWS = 500;

/** A card for a media key; `items` are [step, object] pairs, `url(path)` gives a file's address. */
export function mediaCard(key, items, url) {
  const body = h("div", { class: "media" });
  const at = h("input", { type: "range", min: 0, max: items.length - 1, value: items.length - 1,
    "aria-label": `Step of ${key.slice(0, 100)}` });
  const label = h("span", { class: "aside" });
  const show = () => {
    const [step, media] = items[Number(at.value)];
    label.textContent = `step ${step}`;
    put(body, ...drawMedia(media, url));
  };
  at.addEventListener("input", show);
  show();
  return h("section", { class: "card", "aria-label": key.slice(0, 200) },
    h("header", {}, h("h2", {}, key.slice(0, 200)), items.length > 1 ? at : null, label),
    h("div", { class: "card-body" }, body));
}

function drawMedia(media, url) {
  const type = media._type;
  if (type === "image-file") return [image(media, url)];
  if (type === "images/separated") {
    const captions = media.captions ?? [];
    return [h("div", { class: "media-items" }, ...(media.filenames ?? []).map((path, k) => (
      image({ path, caption: captions[k], width: media.width }, url))))];
  }
  if (type === "table-file") return [table(media, url)];
  if (type === "histogram") return [histogram(media)];
  const path = media.path ?? media.filenames?.[0];
  return [path ? h("p", {}, h("a", { href: url(path), download: "" }, path.split("/").at(-1)),
    ` (${type})`) : h("p", { class: "quiet" }, `${type}`)];
}

function image(media, url) {
  return h("figure", {}, h("img", { src: url(media.path), loading: "lazy",
    alt: media.caption ?? "logged image", width: Math.max(56, Math.min(480, media.width ?? 240)) }),
  media.caption ? h("figcaption", {}, String(media.caption).slice(0, 200)) : null);
}

function table(media, url) {
  const place = h("div", { class: "media-table", tabindex: 0, role: "region", "aria-label": "Table" },
    h("p", { class: "quiet" }, "Reading the table…"));
  fetch(url(media.path)).then((response) => response.json()).then((content) => {
    renderTable(place, content, url);
  }).catch(() => put(place, h("p", { class: "quiet" }, "This table cannot be read.")));
  return place;
}

function renderTable(place, { columns = [], data = [] }, url) {
  const cell = (value) => {
    if (value?._type === "image-file" && value.path) return h("td", {}, h("img", { src: url(value.path), alt: "" }));
    return h("td", {}, formatValue(value).slice(0, 300));
  };
  put(place, h("table", { class: "plain-table" }, h("thead", {}, h("tr", {},
    ...columns.map((name) => h("th", { scope: "col" }, String(name).slice(0, 120))))),
  h("tbody", {}, ...data.slice(0, MOST_ROWS).map((row) => h("tr", {}, ...row.map(cell))))),
  data.length > MOST_ROWS ? h("p", { class: "quiet" }, `The first ${MOST_ROWS} of ${data.length} rows`) : null);
}

function histogram(media) {
  const place = h("div", { class: "chart" });
  const bins = media.bins ?? [];
  const centres = (media.values ?? []).map((_, k) => (bins[k] + bins[k + 1]) / 2);
  queueMicrotask(() => draw(place, [{ type: "bar", x: centres, y: media.values, marker: { color: HUES[0] } }],
    { bargap: 0.02 }));
  return place;
}
