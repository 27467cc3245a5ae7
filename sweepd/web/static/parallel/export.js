/** The selection as CSV, the plot as PNG or SVG: made in the browser, nothing is sent anywhere. */
import { save, shorten } from "../common/dom.js";
import { dashOf, weight } from "./lines.js";
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
  for (const i of [model.bestIndex, model.pinnedIndex]) {
    if (i >= 0 && model.selected[i]) {
      line(i, paint.halo, 5.5, 1, []);
      line(i, palette[bucket[i]], 3, 1, []);
    }
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${place.contentWidth}" height="${place.height}" `
      + `viewBox="0 0 ${place.contentWidth} ${place.height}" font-family="system-ui, sans-serif" `
      + `font-size="11">`,
    `<title>${escape(model.data.sweep.name || model.data.sweep.id || "")}</title>`,
    `<rect width="100%" height="100%" fill="${paint.halo}"/>`,
    `<g fill="none" stroke-linejoin="round">${lines.join("")}</g>`,
    ...place.axes.map((axis, k) => axisSvg(axis, place, ink, paint, k === place.axes.length - 1)),
    ...place.slots.map((slot) => `<text x="6" y="${place.rowY.get(slot) + 4}" fill="${ink}">${
      SLOT_LABELS[slot]}</text>`),
    "</svg>",
  ].join("");
}

function axisSvg(axis, place, ink, paint, isLast) {
  const halo = `paint-order="stroke" stroke="${paint.halo}" stroke-width="3"`;
  const ticks = axis.scale.ticks(Math.max(2, Math.floor((place.bottom - place.top) / 46))).slice(0, 60);
  const anchor = isLast ? "start" : "end";
  return `<g transform="translate(${axis.x} 0)"><line y1="${place.top}" y2="${place.bottom}" `
    + `stroke="${ink}" stroke-width="1"/><text y="${place.top - 24}" text-anchor="middle" `
    + `font-weight="600" font-size="12" fill="${ink}">${escape(shorten(axis.column.label, place.gap || 200))
    }</text>${ticks.map((tick) => `<text x="${isLast ? 9 : -9}" y="${axis.y(tick.unit) + 4}" `
      + `text-anchor="${anchor}" fill="${ink}" ${halo}>${escape(shorten(tick.label, 90))}</text>`)
      .join("")}</g>`;
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
    canvas.width = 2 * plot.model.layout.contentWidth;
    canvas.height = 2 * plot.model.layout.height;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    save(`${fileName(plot.model)}.png`, blob);
  } finally {
    URL.revokeObjectURL(url);
  }
}
