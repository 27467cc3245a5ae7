/** Images with their captions, boxes and masks; a press shows one large, with its neighbours. */
import { h, put, svg } from "../../common/dom.js";
import { HUES } from "../charts.js";
import { readJson } from "./reading.js";

const [LEAST, MOST] = [72, 420]; // px of an image in a card

/** Colour of a class: the same wherever it appears. */
export const colourOfClass = (id) => HUES[Math.abs(Number(id) || 0) % HUES.length];

/**
 * The images of one step. `url(path)` addresses a file; `labels` are {group: {id: name}} of masks;
 * `hidden` is a set of "group/class" not shown, kept by the card from step to step.
 */
export function imageGrid(items, url, { labels = {}, hidden = new Set() } = {}) {
  const width = Math.max(LEAST, Math.min(MOST, items.length > 1 ? 140 : MOST,
    (items[0].width ?? 240) * (items[0].width < 160 ? 2 : 1)));
  const figures = items.map((item) => new Figure(item, url, labels, hidden));
  const grid = h("div", { class: "media-items", style: { "--least": `${width}px` } },
    ...figures.map((figure, k) => figure.element(() => enlarge(items, k, url, labels, hidden))));
  if (!items.some((item) => item.boxes || item.masks)) return [grid];
  const legend = h("div", { class: "media-legend" });
  Promise.all(figures.map((figure) => figure.ready)).then((found) => {
    fillLegend(legend, found.flat(), hidden, () => figures.forEach((figure) => figure.draw()));
  });
  return [grid, legend];
}

/** A button for each class of each group: pressed while it is shown. */
function fillLegend(legend, marks, hidden, redraw) {
  const names = new Map(marks.map((mark) => [mark.key, mark]));
  put(legend, ...[...names.values()].sort((a, b) => a.key.localeCompare(b.key)).map((mark) => {
    const button = h("button", { type: "button", class: "filter", "aria-pressed": String(!hidden.has(mark.key)) },
      h("span", { class: "swatch", style: { background: mark.colour } }), mark.name.slice(0, 60),
      h("span", { class: "quiet" }, mark.group.slice(0, 60)));
    button.addEventListener("click", () => {
      if (!hidden.delete(mark.key)) hidden.add(mark.key);
      button.setAttribute("aria-pressed", String(!hidden.has(mark.key)));
      redraw();
    });
    return button;
  }));
}

class Figure {
  constructor(item, url, labels, hidden) {
    Object.assign(this, { item, url, labels, hidden, marks: [] });
    this.image = h("img",
      { src: url(item.path), loading: "lazy", alt: String(item.caption || "logged image").slice(0, 200) });
    this.image.addEventListener("load", () => {
      this.image.classList.toggle("is-small", this.image.naturalWidth < 160);
      this.draw();
    });
    this.layer = h("div", { class: "media-layer" });
    this.ready = this.#read();
  }

  element(open) {
    return h("figure", {}, h("button", { type: "button", class: "media-image", onclick: open,
      "aria-label": `Enlarge ${String(this.item.caption || "image").slice(0, 120)}` }, this.image, this.layer),
    caption(this.item));
  }

  /** The boxes and masks, read once: [{key, group, name, colour, boxes|mask}]. */
  async #read() {
    const parts = [];
    for (const [group, boxes] of Object.entries(this.item.boxes ?? {})) parts.push(this.#boxes(group, boxes));
    for (const [group, mask] of Object.entries(this.item.masks ?? {})) parts.push(this.#mask(group, mask));
    this.marks = (await Promise.all(parts.map((part) => part.catch(() => [])))).flat();
    this.draw();
    return this.marks;
  }

  async #boxes(group, given) {
    const { box_data: boxes = [], class_labels: names = {} } = given.path
      ? await readJson(this.url(given.path)) : given;
    const labels = { ...this.labels[group], ...names };
    const ids = [...new Set(boxes.map((box) => box.class_id ?? 0))];
    return ids.map((id) => ({ key: `${group}/${id}`, group, name: String(labels[id] ?? `class ${id}`),
      colour: colourOfClass(id), boxes: boxes.filter((box) => (box.class_id ?? 0) === id) }));
  }

  async #mask(group, given) {
    const picture = new Image();
    picture.src = this.url(given.path);
    await picture.decode();
    const canvas = h("canvas", { width: picture.naturalWidth, height: picture.naturalHeight });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const ids = new Set();
    for (let k = 0; k < data.length; k += 4) ids.add(data[k]);
    ids.delete(0); // what no class was given to
    const names = this.labels[group] ?? {};
    return [...ids].slice(0, 64).map((id) => ({ key: `${group}/${id}`, group,
      name: String(names[id] ?? `class ${id}`), colour: colourOfClass(id),
      mask: { id, data, width: canvas.width, height: canvas.height } }));
  }

  draw() {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    if (!width || !this.marks.length) return;
    const shown = this.marks.filter((mark) => !this.hidden.has(mark.key));
    const masks = shown.filter((mark) => mark.mask).map(paint);
    const boxes = svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" },
      ...shown.filter((mark) => mark.boxes)
        .flatMap((mark) => mark.boxes.map((box) => rectangle(box, mark, width, height))));
    put(this.layer, ...masks, boxes);
  }
}

function paint({ mask, colour }) {
  const canvas = h("canvas", { width: mask.width, height: mask.height });
  const context = canvas.getContext("2d");
  const out = context.createImageData(mask.width, mask.height);
  const [red, green, blue] = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
  for (let k = 0; k < out.data.length; k += 4) {
    if (mask.data[k] === mask.id) out.data.set([red, green, blue, 150], k);
  }
  context.putImageData(out, 0, 0);
  return canvas;
}

/** A box in fractions of the image unless its domain is "pixel"; by corners, or middle and size. */
function rectangle(box, mark, width, height) {
  const { minX, maxX, minY, maxY, middle, width: w = 0, height: tall = 0 } = box.position ?? {};
  const [left, top, right, bottom] = middle
    ? [middle[0] - w / 2, middle[1] - tall / 2, middle[0] + w / 2, middle[1] + tall / 2] : [minX, minY, maxX, maxY];
  const [sx, sy] = box.domain === "pixel" ? [1, 1] : [width, height];
  const scores = Object.entries(box.scores ?? {}).map(([name, score]) => `${name} ${score}`);
  return svg("rect", { x: left * sx, y: top * sy, width: Math.max(0, (right - left) * sx),
    height: Math.max(0, (bottom - top) * sy), stroke: mark.colour },
  svg("title", {}, [box.box_caption ?? mark.name, ...scores].join(", ").slice(0, 300)));
}

const caption = (item) => (item.caption ? h("figcaption", {}, String(item.caption).slice(0, 300)) : null);

/** One image as large as the window allows; arrow keys lead to its neighbours. */
function enlarge(items, first, url, labels, hidden) {
  let at = first;
  const place = h("div", { class: "media-large" });
  const label = h("span", { class: "aside" });
  const close = h("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const step = (by) => () => show((at + by + items.length) % items.length);
  const turn = (text, by) => h("button", { type: "button", onclick: step(by) }, text);
  const dialog = h("dialog", { class: "media-dialog", "aria-label": "Image" }, h("header", {},
    ...(items.length > 1 ? [turn("Previous", -1), turn("Next", 1)] : []), label,
    h("a", { class: "button", download: "" }, "Download"), close), place);
  const show = (k) => {
    at = k;
    const figure = new Figure(items[k], url, labels, hidden);
    const shape = `${items[k].width ?? 1} / ${items[k].height ?? 1}`;
    put(place, h("div", { class: "media-image", style: { "--shape": shape } }, figure.image, figure.layer),
      caption(items[k]) ?? "");
    label.textContent = items.length > 1 ? `${k + 1} of ${items.length}` : "";
    dialog.querySelector("a").href = url(items[k].path);
  };
  dialog.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && items.length > 1) step(by)();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  show(first);
  dialog.showModal();
  close.focus();
}
