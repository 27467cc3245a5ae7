/** The selection as CSV, the plot as PNG or SVG: made in the browser, nothing is sent anywhere. */
import { save, shorten } from "../common/dom.js";
import { count, formatNumber, formatTime } from "../common/values.js";
import { labelLines } from "./axes.js";
import { dashOf, STANDINGS } from "./standings.js";
import { weight } from "./strokes.js";
import { OWN } from "./model.js";
import { SLOT_LABELS, nameOf } from "../common/values.js";

/** A CSV cell; text that a spreadsheet would run as a formula gets a quote in front. */
export function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  let text = nameOf(value);
  const isNumber = /^-?\d*\.?\d+(e[+-]?\d+)?$/i.test(text) || text === "-Infinity";
  if (/^[=+\-@\t\r]/.test(text) && !isNumber) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The selected runs with all their columns, one line a run. */
export function selectionCsv(model) {
  const columns = [...model.columns.keys()].map((id) => model.column(id));
  const header = ["run", "name", ...columns.map((c) => (c.source === "metric" ? c.label : c.id))];
  const lines = [header.map(csvCell).join(",")];
  model.runs.forEach((run, i) => {
    if (!model.selected[i]) return;
    const cells = columns.map((column) => (
      column.kind === "time" && column.raw[i] !== null ? new Date(column.raw[i]).toISOString()
        : csvCell(column.raw[i])));
    lines.push([csvCell(run.id), csvCell(run.name), ...cells].join(","));
  });
  return `${lines.join("\r\n")}\r\n`;
}

export function downloadCsv(model) {
  save(`${fileName(model)}.csv`, selectionCsv(model), "text/csv;charset=utf-8");
}

export function fileName(model) {
  return `sweep-${(model.data.sweep.id || "runs").replace(/[^\w-]/g, "_")}`;
}

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** The plot as it stands, as one SVG text in the colours of the page. */
export function plotSvg(plot) {
  const { model } = plot;
  const place = model.layout;
  const style = getComputedStyle(plot.root);
  const { paint } = plot;
  const ink = style.color;
  const lines = [];
  const points = (i) => place.axes.map((a) => `${a.x.toFixed(1)},${a.ys[i].toFixed(1)}`).join(" ");
  const line = (i, stroke, width, opacity, dash) => lines.push(
    `<polyline points="${points(i)}" stroke="${stroke}" stroke-width="${width}" opacity="${opacity}"${
      dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}/>`);
  const { palette, bucket } = model.colours;
  if (model.hasBrush) {
    for (const i of plot.order) if (model.alive[i] && !model.selected[i]) line(i, paint.context, 1, 0.4, []);
  }
  const list = [...plot.order].filter((i) => model.selected[i]);
  const { alpha, width } = weight(list.length);
  for (const i of list) line(i, palette[bucket[i]], width, alpha.toFixed(2), dashOf(model.standings[i]));
  for (const i of [...model.front, model.bestIndex, model.pinnedIndex]) {
    if (i >= 0 && model.selected[i]) {
      line(i, paint.halo, 5.5, 1, []);
      line(i, palette[bucket[i]], 3, 1, []);
    }
  }
  const [wide, high] = exportSize(plot);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" `
      + `viewBox="0 ${-TITLE} ${wide} ${high}" font-family="system-ui, sans-serif" font-size="11">`,
    `<title>${escape(model.data.sweep.name || model.data.sweep.id || "")}</title>`,
    `<rect y="${-TITLE}" width="${wide}" height="${high}" fill="${paint.halo}"/>`,
    titleSvg(model, ink),
    `<g fill="none" stroke-linejoin="round">${lines.join("")}</g>`,
    ...place.axes.map((axis, k) => axisSvg(axis, place, ink, paint, k === place.axes.length - 1)),
    ...place.slots.map((slot) => `<text x="6" y="${place.rowY.get(slot) + 4}" fill="${ink}">${
      SLOT_LABELS[slot]}</text>`),
    legendSvg(model, ink, place.height),
    "</svg>",
  ].join("");
}

const TITLE = 46; // px above the plot
const LEGEND = 44; // px below it
const exportSize = ({ model }) => [model.layout.contentWidth, model.layout.height + TITLE + LEGEND];

/** What it is, of how many runs, and of which day. */
function titleSvg(model, ink) {
  const { sweep } = model.data;
  const all = count(model.runs.length, "run");
  const facts = [
    model.nSelected < model.runs.length ? `${model.nSelected.toLocaleString("en")} of ${all}` : all,
    sweep.metric ? `${sweep.metric.goal} ${sweep.metric.name}` : null,
    new Intl.DateTimeFormat(undefined, { dateStyle: "long" }).format(Date.now())].filter(Boolean);
  return `<text x="16" y="${24 - TITLE}" font-size="16" font-weight="600" fill="${ink}">${
    escape(String(sweep.name || sweep.id || "").slice(0, 120))}</text><text x="16" y="${40 - TITLE}" fill="${ink}">${
    escape(facts.join(" · "))}</text>`;
}

/** The colours and their values, then the styles of lines that are there. */
function legendSvg(model, ink, top) {
  const parts = [];
  let x = 16;
  const y = top + 22;
  const write = (text, at = x) => parts.push(`<text x="${at}" y="${y}" fill="${ink}">${escape(text)}</text>`);
  if (model.colourId !== OWN) {
    const { names, palette, reversed } = model.colours;
    const label = model.column(model.colourId).label.slice(0, 40);
    write(label);
    x += 7 * label.length + 12;
    if (names) {
      for (const { name, colour } of names.slice(0, 8)) {
        parts.push(`<rect x="${x}" y="${y - 9}" width="10" height="10" rx="2" fill="${colour}"/>`);
        const text = name.slice(0, 20) || "(empty)";
        write(text, x + 14);
        x += 14 + 7 * text.length + 10;
      }
    } else {
      const scale = model.colourScale();
      const colours = palette.slice(0, -1);
      if (reversed) colours.reverse();
      colours.forEach((colour, k) => parts.push(
        `<rect x="${(x + (k * 160) / colours.length).toFixed(1)}" y="${y - 12}" `
        + `width="${(160 / colours.length + 0.6).toFixed(1)}" height="8" fill="${colour}"/>`));
      const value = (unit) => (scale.kind === "time" ? formatTime(scale.valueAt(unit), scale.high - scale.low)
        : formatNumber(scale.valueAt(unit)));
      [["start", 0], ["middle", 0.5], ["end", 1]].forEach(([anchor, unit]) => parts.push(
        `<text x="${x + 160 * unit}" y="${y + 8}" text-anchor="${anchor}" font-size="10" `
        + `fill="${ink}">${escape(value(unit))}</text>`));
      x += 184;
    }
  }
  STANDINGS.forEach((name, k) => {
    if (!model.standings.includes(k)) return;
    const dash = dashOf(k);
    parts.push(`<line x1="${x}" x2="${x + 22}" y1="${y - 4}" y2="${y - 4}" stroke="${ink}" stroke-width="1.5"${
      dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}/>`);
    write(name, x + 28);
    x += 28 + 7 * name.length + 14;
  });
  return `<g class="legend">${parts.join("")}</g>`;
}

function axisSvg(axis, place, ink, paint, isLast) {
  const halo = `paint-order="stroke" stroke="${paint.halo}" stroke-width="3"`;
  const ticks = axis.scale.ticks(Math.max(2, Math.floor((place.bottom - place.top) / 46))).slice(0, 60);
  const anchor = isLast ? "start" : "end";
  const lines = labelLines(axis, place);
  const names = lines.map((text, k) => `<text y="${place.top - 10 - 14 * (lines.length - 1 - k)}" `
    + `text-anchor="middle" font-weight="600" font-size="11.5" fill="${ink}">${escape(text)}</text>`);
  const marks = ticks.map((tick) => `<text x="${isLast ? 9 : -9}" y="${axis.y(tick.unit) + 4}" `
    + `text-anchor="${anchor}" fill="${ink}" ${halo}>${escape(shorten(tick.label, 90))}</text>`);
  return `<g transform="translate(${axis.x} 0)"><line y1="${place.top}" y2="${place.bottom}" `
    + `stroke="${ink}" stroke-width="1"/>${names.join("")}${marks.join("")}</g>`;
}

export function downloadSvg(plot) {
  save(`${fileName(plot.model)}.svg`, plotSvg(plot), "image/svg+xml");
}

/** The SVG drawn on a canvas at twice its size. */
export async function downloadPng(plot) {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([plotSvg(plot)], { type: "image/svg+xml" }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = exportSize(plot).map((size) => 2 * size);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    save(`${fileName(plot.model)}.png`, blob);
  } finally {
    URL.revokeObjectURL(url);
  }
}
