/** A panel as a file: PNG, SVG, CSV. */
import { save } from "../common/dom.js";
import { accessor, reader } from "./spec.js";

export const fileName = (name, end) => `${name.replace(/[^\w.-]+/g, "_").slice(0, 80) || "panel"}.${end}`;

export function savePng(plot, name) {
  const canvas = document.createElement("canvas");
  const ratio = plot.below.width / plot.width;
  Object.assign(canvas, { width: plot.below.width, height: plot.below.height + 28 * ratio });
  const context = canvas.getContext("2d");
  context.fillStyle = plot.paint.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = plot.paint.ink;
  context.font = `600 ${13 * ratio}px ${plot.font}`;
  context.fillText(name.slice(0, 120), 10 * ratio, 18 * ratio);
  context.drawImage(plot.below, 0, 28 * ratio);
  canvas.toBlob((blob) => save(fileName(name, "png"), blob));
}

const escape = (text) => String(text)
  .replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** The same plot as shapes, so that it can be printed at any size. */
export function svgOf(plot, name) {
  const { box, width, height, paint } = plot;
  const id = `box-${Math.random().toString(36).slice(2)}`; // a page may hold several
  const head = name ? 26 : 0;
  const path = (xs, ys) => {
    let [text, isDown] = ["", false];
    for (let i = 0; i < xs.length; i += 1) {
      const [x, y] = [plot.x(xs[i]), plot.y(ys[i])];
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        isDown = false;
        continue;
      }
      text += `${isDown ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      isDown = true;
    }
    return text;
  };
  const grid = plot.axisY.ticks(5).map(({ share, label }) => {
    const y = box.bottom - share * (box.bottom - box.top);
    return `<path d="M${box.left} ${y}H${box.right}" stroke="${paint.line}"/>`
      + `<text x="${box.left - 6}" y="${y + 4}" text-anchor="end">${escape(label)}</text>`;
  });
  const marks = plot.axisX.ticks(6).map(({ share, label }) =>
    `<text x="${box.left + share * (box.right - box.left)}" y="${height - 5}" `
    + `text-anchor="middle">${escape(label)}</text>`);
  const bands = plot.lines.filter((line) => line.low).map((line) => {
    const back = (values) => [...values].reverse();
    const finite = [...line.x.keys()].filter((i) => Number.isFinite(line.low[i]) && Number.isFinite(line.high[i]));
    const of = (values) => finite.map((i) => values[i]);
    if (!finite.length) return "";
    const there = path(of(line.x), of(line.high));
    const andBack = path(back(of(line.x)), back(of(line.low))).replace("M", "L");
    return `<path d="${there}${andBack}Z" fill="${escape(line.colour)}" fill-opacity="0.16"/>`;
  });
  const raw = plot.lines.filter((line) => line.raw)
    .map((line) => `<path d="${path(line.x, line.raw)}" fill="none" `
      + `stroke="${escape(line.colour)}" stroke-opacity="0.22"/>`);
  const dash = (line) => (line.dash ? ` stroke-dasharray="${line.dash.join(" ")}"` : "");
  const lines = plot.lines.map((line) => `<path d="${path(line.x, line.y)}" fill="none" `
    + `stroke="${escape(line.colour)}" stroke-width="${line.width ?? 1.5}"${dash(line)}>`
    + `<title>${escape(line.label)}</title></path>`);
  const size = `width="${width}" height="${height + head}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 ${-head} ${width} ${height + head}" ${size} `
    + `font-family="sans-serif" font-size="11" fill="${paint["ink-2"]}">
<rect y="${-head}" ${size} fill="${paint.surface}"/>`
    + `<text x="8" y="-9" font-size="13" font-weight="600" fill="${paint.ink}">${escape(name)}</text>
<clipPath id="${id}"><rect x="${box.left}" y="${box.top - 3}" `
    + `width="${box.right - box.left}" height="${box.bottom - box.top + 6}"/></clipPath>`
    + `${grid.join("")}${marks.join("")}`
    + `<g clip-path="url(#${id})">${[...bands, ...raw, ...lines].join("\n")}</g></svg>`;
}

const cell = (value) => {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n]/.test(text) || /^[=+@-]/.test(text) && !Number.isFinite(Number(text))
    ? `"${text.replace(/"/g, '""')}"` : text;
};

/** What a panel shows as rows; of a line panel every point drawn, of others the values of its runs. */
export function csvOf(kind, panel, runs) {
  const rows = [];
  if (kind?.plot && kind.lines) {
    const [first] = kind.lines;
    rows.push(["line", kind.x ?? "x", "value", ...(first?.low ? ["low", "high"] : [])]);
    for (const line of kind.lines) {
      for (let i = 0; i < line.x.length; i += 1)
        rows.push([line.label, line.x[i], (line.raw ?? line.y)[i], ...(line.low ? [line.low[i], line.high[i]] : [])]);
    }
  } else {
    const config = panel.config ?? {};
    const names = [...(config.metrics ?? []), config.xAxis, config.yAxis,
      ...(config.columns ?? []).map((column) => column.accessor)].filter(Boolean);
    const reads = names.map((name) => reader(accessor(name)));
    rows.push(["run", "name", ...names]);
    for (const run of runs.open) rows.push([run.id, run.name, ...reads.map((read) => read(run))]);
  }
  return `${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

export function saveCsv(kind, panel, runs, name) {
  save(fileName(name, "csv"), csvOf(kind, panel, runs), "text/csv");
}
