/** Which class draws which kind of panel, by the client's `viewType`. */
import { h } from "../common/dom.js";
import { ChartPanel } from "./chart_panel.js";
import { LinePanel } from "./line_panel.js";
import { MediaPanel } from "./media_panel.js";
import { lacksOf } from "./needs.js";
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

export function makePanel(viewType, root, options) {
  const Kind = KINDS[viewType] ?? OtherPanel;
  return new Kind(root, options);
}

/** Draw a panel by what `makePanel` made in `root`; what lacks something says so, and `edit()` mends it. */
export function drawPanel(kind, root, context, edit = null) {
  const lacks = lacksOf(context.panel, { metric: context.metric });
  root.classList.toggle("is-lacking", lacks.length > 0);
  root.querySelector(":scope > .ws-lack")?.remove();
  if (!lacks.length) {
    kind.update(context);
    return;
  }
  root.append(h("p", { class: "quiet ws-lack" }, `Nothing to draw. ${lacks.map(({ message }) => message).join(" ")} `,
    edit ? h("button", { type: "button", onclick: edit }, "Edit the panel") : null));
}
