/**
 * The linked views of a sweep: parallel coordinates with its bar and legend, and the table of
 * runs, all on one model. Used by the sweep page and by pages exported as a file.
 */
import { ParallelPlot } from "./parallel.js";
import { bindAddress, viewFromText } from "./parallel/address.js";
import { downloadCsv, downloadPng, downloadSvg } from "./parallel/export.js";
import { Model } from "./parallel/model.js";
import { RunsTable } from "./parallel/table.js";
import { shown, turn } from "./common/turns.js";
import { Legend, Toolbar } from "./parallel/toolbar.js";

/** Build the views in the parts of `root`, in turns; resolves to {model, plot, table}. */
export async function mountSweep(root, data, { theme = () => "light", runHref = null, exports = [], table = {} } = {}) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const model = new Model(data, { view: viewFromText(window.location.hash), theme: theme() });
  await turn();
  part("wait")?.remove();
  let plot = null;
  new Toolbar(part("toolbar"), model, { exports: [
    ["Selected runs as CSV", () => downloadCsv(model)],
    ["Plot as PNG", () => downloadPng(plot)],
    ["Plot as SVG", () => downloadSvg(plot)],
    ...exports.map(([label, action]) => [label, () => action(model)]),
  ] });
  new Legend(part("legend"), model);
  plot = new ParallelPlot(part("parallel"), model);
  await shown(); // the table has so much to lay out again
  const runs = new RunsTable(part("table"), model, { runHref: runHref ?? (() => null), ...table });
  bindAddress(model);
  document.addEventListener("themechange", () => {
    model.setTheme(theme());
    plot.retheme();
  });
  return { model, plot, table: runs };
}
