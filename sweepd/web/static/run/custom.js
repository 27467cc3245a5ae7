/**
 * Charts made with `wandb.plot`. The built-in presets are drawn with Plotly from their tables; a
 * user's own Vega spec is drawn in a frame without origin, cookies or network.
 */
import { colourOf, h, put } from "../parallel/dom.js";
import { draw } from "./charts.js";

const plain = (value) => String(value ?? "").slice(0, 120).replace(/[<>&]/g, " ");

/** A card for one chart; `readTable()` resolves to {columns, data}. */
export function customCard(chart, readTable) {
  const place = h("div", { class: "chart" });
  const title = chart.strings?.title || chart.key;
  const card = h("section", { class: "card chart-card", "aria-label": String(title).slice(0, 200) },
    h("h3", {}, String(title).slice(0, 200)), place);
  readTable().then((table) => {
    if (!table) throw new Error("its table has not arrived yet");
    const drawn = presetOf(chart.preset)?.(chart, rowsOf(table));
    if (drawn) {
      place.classList.toggle("is-tall", Boolean(drawn.layout.showlegend) && drawn.traces.length > 7);
      return draw(place, drawn.traces, drawn.layout);
    }
    return frame(place, chart, rowsOf(table));
  }).catch((error) => put(place, h("p", { class: "quiet small" }, `Not drawn: ${error.message}`)));
  return card;
}

function rowsOf({ columns, data }) {
  return data.map((row) => Object.fromEntries(columns.map((name, k) => [name, row[k]])));
}

const PRESETS = {
  "line": (chart, rows) => lines(chart, rows, chart.fields.stroke),
  "lineseries": (chart, rows) => lines(chart, rows, chart.fields.lineKey ?? "lineKey"),
  "area-under-curve": (chart, rows) => lines(chart, rows, chart.fields.class ?? "class"),
  "scatter": (chart, rows) => ({ traces: [{ type: "scatter", mode: "markers",
    x: rows.map((row) => row[chart.fields.x]), y: rows.map((row) => row[chart.fields.y]) }],
  layout: named(chart) }),
  "bar": (chart, rows) => ({ traces: [{ type: "bar", orientation: "h",
    x: rows.map((row) => row[chart.fields.value]), y: rows.map((row) => plain(row[chart.fields.label])) }],
  layout: { hovermode: "closest" } }),
  "histogram": (chart, rows) => ({ traces: [{ type: "histogram",
    x: rows.map((row) => row[chart.fields.value]) }], layout: { bargap: 0.03 } }),
  "confusion_matrix": confusion,
};

function presetOf(id) {
  const match = /^wandb\/([\w-]+)\/v\d+$/.exec(id);
  return match && Object.hasOwn(PRESETS, match[1]) ? PRESETS[match[1]] : null;
}

function named(chart) {
  return { xaxis: { title: { text: plain(chart.strings?.xname ?? chart.strings?.["x-axis-title"] ?? chart.fields.x) } },
    yaxis: { title: { text: plain(chart.strings?.yname ?? chart.strings?.["y-axis-title"] ?? chart.fields.y) } } };
}

function lines(chart, rows, by) {
  const series = new Map();
  for (const row of rows) {
    const name = by && by in row ? plain(row[by]) : "";
    if (!series.has(name)) series.set(name, []);
    series.get(name).push(row);
  }
  const traces = [...series].map(([name, members]) => ({ type: "scatter", mode: "lines", name,
    x: members.map((row) => row[chart.fields.x]), y: members.map((row) => row[chart.fields.y]) }));
  return { traces, layout: { ...named(chart), showlegend: traces.length > 1 && traces.length <= 12,
    legend: { orientation: "v", x: 1.02, y: 1, font: { size: 10 } }, hovermode: "closest" } };
}

/** From the page to the accent colour, so that more is stronger in light and dark alike. */
function shades() {
  return [[0, colourOf(document.body, "--sunken")], [1, colourOf(document.body, "--accent")]];
}

function confusion(chart, rows) {
  const { Actual = "Actual", Predicted = "Predicted", nPredictions = "nPredictions" } = chart.fields;
  const names = [...new Set(rows.flatMap((row) => [plain(row[Actual]), plain(row[Predicted])]))];
  const at = new Map(names.map((name, k) => [name, k]));
  const counts = names.map(() => names.map(() => 0));
  for (const row of rows) counts[at.get(plain(row[Actual]))][at.get(plain(row[Predicted]))] += row[nPredictions] ?? 0;
  const traces = [{ type: "heatmap", x: names, y: names, z: counts, colorscale: shades(), showscale: false,
    texttemplate: names.length <= 20 ? "%{z}" : "", hovertemplate: "%{y} taken for %{x}: %{z}<extra></extra>" }];
  return { traces, layout: { xaxis: { title: { text: "predicted" }, type: "category" }, hovermode: "closest",
    yaxis: { title: { text: "actual" }, type: "category", autorange: "reversed" } } };
}

/** Send spec and rows into the sandboxed frame; it can draw, and nothing else. */
function frame(place, chart, rows) {
  const spec = chart.spec ?? chart.strings?.spec;
  if (!spec) {
    put(place, h("p", { class: "quiet small" }, `No drawing is known for ${chart.preset || "this chart"}.`));
    return;
  }
  const element = h("iframe", { class: "vega-frame", sandbox: "allow-scripts", src: "/-/vega",
    title: `Chart ${chart.key.slice(0, 100)}` });
  element.addEventListener("load", () => element.contentWindow.postMessage(
    { spec, rows, fields: chart.fields, strings: chart.strings }, "*"));
  put(place, element);
}
