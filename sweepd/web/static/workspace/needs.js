/**
 * What a panel of each kind needs: asked by the dialog, which says it at the field, and by what draws
 * panels, which says it in place of an empty drawing. A panel of a kind that is not here needs nothing.
 */
import { LINE } from "./spec.js";

/** A need: the `field` of the config that it is about, and `lack(config, known)`, what to say when it is not met. */
const need = (field, lack) => ({ field, lack });
const some = (field, say, among = null) => need(field, (config, known) => (
  config[field]?.length ? "" : among && known[among] && !known[among].length ? `${NOTHING[among]} yet.` : say));
const NOTHING = { numbers: "No run has logged a number", summary: "No run has logged a number",
  media: "No run has logged media" };
const isBlank = (value) => !String(value ?? "").trim();

/** The kinds by the client's `viewType`: {name, needs}. Without these needs nothing can be drawn. */
const KINDS = {
  [LINE]: { name: "Line plot", needs: [need("metrics", (config, known) => (
    config.metrics?.length || config.useMetricRegex || config.expressions?.length ? ""
      : known.numbers && !known.numbers.length && !known.system?.length ? `${NOTHING.numbers} yet.`
        : isBlank(config.metricRegex) ? "Choose at least one key." : "Choose keys, or use the expression.")),
  need("metricRegex", ({ useMetricRegex, metricRegex, metrics }) => (
    !useMetricRegex || (isBlank(metricRegex) && metrics?.length) ? ""
      : isBlank(metricRegex) ? "Give an expression, or do not use it."
        : isPattern(metricRegex) ? "" : "That is no regular expression."))] },
  "Bar Chart": { name: "Bar chart", needs: [some("metrics", "Choose at least one key.", "summary")] },
  "Scatter Plot": { name: "Scatter plot",
    needs: [some("xAxis", "Choose what lies along X."), some("yAxis", "Choose what lies along Y.")] },
  Histogram: { name: "Histogram", needs: [some("metrics", "Choose a key.", "summary")] },
  "Scalar Chart": { name: "Scalar", needs: [some("metrics", "Choose a key.", "summary")] },
  "Parallel Coordinates Plot": { name: "Parallel coordinates", needs: [] },
  "Parameter Importance": { name: "Parameter importance", needs: [need("targetKey", ({ targetKey }, { metric }) => (
    targetKey?.length || metric ? "" : "Choose a key: no sweep here has a metric."))] },
  "Run Comparer": { name: "Run comparer", needs: [] },
  "Media Browser": { name: "Media", needs: [some("mediaKeys", "Choose at least one key.", "media")] },
  "Markdown Panel": { name: "Text",
    needs: [need("value", ({ value }) => (isBlank(value) ? "Write something." : ""))] },
};

/** Kinds that documents have and nobody adds here. */
const FOREIGN = {
  Vega2: [need("panelDefId", ({ panelDefId }) => (isBlank(panelDefId) ? "This chart names nothing to draw." : ""))],
};

/** The kinds that can be added, with the name people read. */
export const ADDABLE = Object.entries(KINDS).map(([id, { name }]) => [id, name]);

export const nameOfKind = (viewType) => KINDS[viewType]?.name ?? viewType ?? "Panel";

const range = (low, high) => need(high, (config) => (
  config[low] === null || config[high] === null || config[low] === undefined || config[high] === undefined
  || config[low] < config[high] ? "" : "“To” has to be more than “from”."));
const logged = (log, high) => need(high, (config) => (
  config[log] && Number.isFinite(config[high]) && config[high] <= 0
    ? "A log axis has only numbers above 0." : ""));

/** What nobody means who writes it; drawn all the same where a document says so. */
const SENSE = {
  [LINE]: [range("xAxisMin", "xAxisMax"), range("yAxisMin", "yAxisMax"), logged("xLogScale", "xAxisMax"),
    logged("yLogScale", "yAxisMax")],
  "Parallel Coordinates Plot": [need("columns", ({ columns }) => (
    columns?.length === 1 ? "Choose a second axis, or none: then what differs." : ""))],
};

function isPattern(text) {
  try {
    return Boolean(new RegExp(text));
  } catch {
    return false;
  }
}

const found = (needs, { config = {} }, known) => needs
  .map(({ field, lack }) => ({ field, message: lack(config ?? {}, known) })).filter(({ message }) => message);

/**
 * What a panel lacks to be drawn, as [{field, message}].
 *
 * @param {object} known - {numbers, system, summary, media: lists of keys, metric}, as far as known.
 */
export const lacksOf = (panel, known = {}) => found(KINDS[panel.viewType]?.needs ?? FOREIGN[panel.viewType] ?? [],
  panel, known);

/** What a dialog refuses: what a panel lacks, and what nobody means. */
export const refusalsOf = (panel, known = {}) => [...lacksOf(panel, known),
  ...found(SENSE[panel.viewType] ?? [], panel, known)];

/** What a filter lacks: why it cannot be compared so with what was written; "" when it can. */
export function filterLack(operator, text) {
  if ((operator === ">=" || operator === "<=") && isBlank(text)) return "At least and at most need a value.";
  if ((operator === "IN" || operator === "NIN") && !text.split(",").some((part) => part.trim()))
    return "Give the values, with commas between them.";
  return "";
}

/** What stands at the head of a panel. */
export function titleOfPanel(panel) {
  const { viewType } = panel;
  const config = panel.config ?? {};
  if (config.chartTitle) return config.chartTitle;
  if (lacksOf(panel, { metric: true }).length) return nameOfKind(viewType);
  if (viewType === "Scatter Plot") return `${short(config.yAxis)} over ${short(config.xAxis)}`;
  if (viewType === "Vega2") return String(config.stringSettings?.title || config.panelDefId || "Custom chart");
  if (viewType === "Parameter Importance")
    return `What matters for ${config.targetKey?.length ? config.targetKey : "the metric"}`;
  if (config.useMetricRegex && config.metricRegex) return config.metricRegex;
  const keys = config.metrics ?? config.mediaKeys ?? [];
  if (keys.length) return keys.length > 2 ? `${keys[0]} and ${keys.length - 1} more` : keys.join(", ");
  return nameOfKind(viewType);
}

const short = (accessor = "") => accessor.replace(/^(config|summary|run|c|s|r):/, "").replace(/\.value$/, "");
