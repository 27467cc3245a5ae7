/**
 * The client's own charts as Plotly traces: those of `wandb.plot`, whose fields name columns, and
 * those of `wandb.sklearn`, whose columns have fixed names. Each gives {traces, layout}.
 */
import { colourOf } from "../common/dom.js";
import { HUES } from "./charts.js";

const plain = (value) => String(value ?? "").slice(0, 120).replace(/[<>&]/g, " ");
const column = (rows, name) => rows.map((row) => row[name]);
const axis = (text) => ({ title: { text: plain(text) } });

/** Draws a preset: (chart, rows) → {traces, layout}; null for a name that is not the client's. */
export function presetOf(id) {
  const match = /^wandb\/([\w-]+)\/v\d+$/.exec(id);
  return match && Object.hasOwn(PRESETS, match[1]) ? PRESETS[match[1]] : null;
}

const PRESETS = {
  "line": (chart, rows) => lines(chart, rows, chart.fields.x, chart.fields.y, chart.fields.stroke),
  "lineseries": (chart, rows) => lines(chart, rows, chart.fields.step ?? "step", chart.fields.lineVal ?? "lineVal",
    chart.fields.lineKey ?? "lineKey"),
  "area-under-curve": (chart, rows) => lines(chart, rows, chart.fields.x, chart.fields.y,
    chart.fields.class ?? "class"),
  "scatter": (chart, rows) => ({ traces: [{ type: "scatter", mode: "markers", x: column(rows, chart.fields.x),
    y: column(rows, chart.fields.y) }], layout: named(chart, chart.fields.x, chart.fields.y) }),
  "bar": (chart, rows) => bars(column(rows, chart.fields.label), column(rows, chart.fields.value)),
  "histogram": (chart, rows) => ({ traces: [{ type: "histogram", x: column(rows, chart.fields.value) }],
    layout: { bargap: 0.03, xaxis: axis(chart.fields.value) } }),
  "confusion_matrix": confusion,
  "calibration": (chart, rows) => lines(chart, rows, "mean_predicted_value", "fraction_of_positives", "model"),
  "class_proportions": (_, rows) => ({ traces: grouped(rows, "dataset", (of, name) => ({ type: "bar", name,
    x: column(of, "class").map(plain), y: column(of, "count") })),
  layout: { ...legend(2), barmode: "group", hovermode: "closest", xaxis: { type: "category" },
    yaxis: axis("count") } }),
  "decision_boundaries": (_, rows) => scattered(rows, "x", "y", "color"),
  "elbow": (chart, rows) => lines(chart, rows, "cluster_ranges", "errors", null),
  "feature_importances": (_, rows) => bars(...sorted(rows, "feature_names", "importances")),
  "learning_curve": (chart, rows) => lines(chart, rows, "train_size", "score", "dataset"),
  "metrics": (_, rows) => bars(column(rows, "metric_name"), column(rows, "metric_value")),
  "outliers": outliers,
  "residuals_plot": (_, rows) => scattered(rows, "y_pred", "residuals", "dataset"),
  "silhouette_": silhouette,
};

const legend = (n) =>
  ({ showlegend: n > 1 && n <= 12, legend: { orientation: "v", x: 1.02, y: 1, font: { size: 10 } } });

function named(chart, x, y) {
  return { xaxis: axis(chart.strings?.xname || chart.strings?.["x-axis-title"] || x),
    yaxis: axis(chart.strings?.yname || chart.strings?.["y-axis-title"] || (y === "lineVal" ? "" : y)) };
}

/** One trace for each value of a column, in the order in which they come; of one value for null. */
function grouped(rows, by, trace) {
  const groups = Map.groupBy(rows, (row) => (by && by in row ? plain(row[by]) : ""));
  return [...groups].map(([name, members]) => trace(members, name));
}

function lines(chart, rows, x, y, by) {
  const traces = grouped(rows, by,
    (members, name) => ({ type: "scatter", name, x: column(members, x), y: column(members, y),
    mode: members.length < 2 ? "markers" : "lines" }));
  return { traces, layout: { ...named(chart, x, y), ...legend(traces.length), hovermode: "closest" } };
}

function scattered(rows, x, y, by) {
  const traces = grouped(rows, by, (members, name) => ({ type: "scatter", mode: "markers", name,
    x: column(members, x), y: column(members, y), marker: { size: 5, opacity: 0.7 } }));
  return { traces, layout: { xaxis: axis(x), yaxis: axis(y), ...legend(traces.length), hovermode: "closest" } };
}

function bars(labels, values) {
  return { traces: [{ type: "bar", orientation: "h", x: values, y: labels.map(plain) }],
    layout: { hovermode: "closest", yaxis: { type: "category" } } };
}

/** Labels and values, the greatest at the top, where Plotly puts the last. */
function sorted(rows, label, value) {
  const order = [...rows].sort((a, b) => a[value] - b[value]);
  return [column(order, label), column(order, value)];
}

function outliers(_, rows) {
  const threshold = rows[0]?.influence_threshold;
  const drawn = scattered(rows, "instance_indicies", "distance", null);
  const shapes = Number.isFinite(threshold)
    ? [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: threshold, y1: threshold,
    line: { color: HUES[1], dash: "dash", width: 1.5 } }] : [];
  return { ...drawn, layout: { ...drawn.layout, shapes } };
}

/** Each sample a bar as long as its silhouette, in the colour of its cluster; the mean as a line. */
function silhouette(_, rows) {
  const mean = rows[0]?.silhouette_avg;
  const traces = grouped(rows.filter((row) => row.y_sil !== null && row.y_sil !== undefined), "color_sil",
    (members, name) => ({ type: "bar", orientation: "h", name, x: column(members, "x2"), y: column(members, "y_sil"),
      marker: { line: { width: 0 } } }));
  const shapes = Number.isFinite(mean) ? [{ type: "line", yref: "paper", y0: 0, y1: 1, x0: mean, x1: mean,
    line: { color: HUES[1], dash: "dash", width: 1.5 } }] : [];
  return { traces, layout: { ...legend(traces.length), barmode: "overlay", bargap: 0, hovermode: "closest", shapes,
    xaxis: axis("silhouette"), yaxis: { showticklabels: false } } };
}

/** From the page to the accent colour, so that more is stronger in light and dark alike. */
function shades() {
  return [[0, colourOf(document.body, "--sunken")], [1, colourOf(document.body, "--accent")]];
}

function confusion(chart, rows) {
  const { Actual = "Actual", Predicted = "Predicted" } = chart.fields;
  const n = chart.fields.nPredictions ?? (rows[0] && "Count" in rows[0] ? "Count" : "nPredictions");
  const names = [...new Set(rows.flatMap((row) => [plain(row[Actual]), plain(row[Predicted])]))];
  const at = new Map(names.map((name, k) => [name, k]));
  const counts = names.map(() => names.map(() => 0));
  for (const row of rows) counts[at.get(plain(row[Actual]))][at.get(plain(row[Predicted]))] += row[n] ?? 0;
  const traces = [{ type: "heatmap", x: names, y: names, z: counts, colorscale: shades(), showscale: false,
    texttemplate: names.length <= 20 ? "%{z}" : "", hovertemplate: "%{y} taken for %{x}: %{z}<extra></extra>" }];
  return { traces, layout: { xaxis: { title: { text: "predicted" }, type: "category" }, hovermode: "closest",
    yaxis: { title: { text: "actual" }, type: "category", autorange: "reversed" } } };
}
