/** Which class draws which kind of panel, by the client's `viewType`. */
import { ChartPanel } from "./chart_panel.js";
import { LinePanel } from "./line_panel.js";
import { MediaPanel } from "./media_panel.js";
import { ParallelPanel } from "./parallel_panel.js";
import { BarPanel, ComparerPanel, HistogramPanel, ImportancePanel, OtherPanel, ScalarPanel,
  TextPanel } from "./plain_panels.js";
import { ScatterPanel } from "./points_panel.js";
import { LINE } from "./spec.js";

const KINDS = { [LINE]: LinePanel, "Bar Chart": BarPanel, "Scatter Plot": ScatterPanel, "Scalar Chart": ScalarPanel,
  Histogram: HistogramPanel, "Run Comparer": ComparerPanel, "Parameter Importance": ImportancePanel,
  "Markdown Panel": TextPanel,
  "Parallel Coordinates Plot": ParallelPanel, "Media Browser": MediaPanel,
  Vega2: ChartPanel };

/** The kinds that can be added, with the name people read. */
export const ADDABLE = [[LINE, "Line plot"], ["Bar Chart", "Bar chart"], ["Scatter Plot", "Scatter plot"],
  ["Histogram", "Histogram"],
  ["Scalar Chart", "Scalar"], ["Parallel Coordinates Plot", "Parallel coordinates"],
  ["Parameter Importance", "Parameter importance"],
  ["Run Comparer", "Run comparer"], ["Media Browser", "Media"], ["Markdown Panel", "Text"]];

export const nameOfKind = (viewType) => ADDABLE.find(([id]) => id === viewType)?.[1] ?? viewType ?? "Panel";

export function makePanel(viewType, root, options) {
  const Kind = KINDS[viewType] ?? OtherPanel;
  return new Kind(root, options);
}

/** What stands at the head of a panel. */
export function titleOfPanel({ viewType, config = {} }) {
  if (config.chartTitle) return config.chartTitle;
  if (viewType === "Scatter Plot") return `${short(config.yAxis)} over ${short(config.xAxis)}`;
  if (viewType === "Vega2") return String(config.stringSettings?.title || config.panelDefId || "Custom chart");
  if (viewType === "Parameter Importance") return `What matters for ${config.targetKey || "the metric"}`;
  if (config.useMetricRegex && config.metricRegex) return config.metricRegex;
  const keys = config.metrics ?? config.mediaKeys ?? [];
  if (keys.length) return keys.length > 2 ? `${keys[0]} and ${keys.length - 1} more` : keys.join(", ");
  return nameOfKind(viewType);
}

const short = (accessor = "") => accessor.replace(/^(config|summary|run|c|s|r):/, "").replace(/\.value$/, "");
