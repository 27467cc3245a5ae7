/** Panels made of elements: bars, one number, a histogram, runs side by side, text. */
import { h, put } from "../common/dom.js";
import { formatNumber, formatValue } from "../common/values.js";
import { byName } from "../curves/keys.js";
import { summary } from "../curves/prepare.js";
import { markdown } from "./markdown.js";
import { accessor, reader } from "./spec.js";

const MOST_BARS = 60;
const MOST_COMPARED = 10;

class Plain {
  constructor(root) {
    this.element = h("div", { class: "ws-plain", tabindex: "0", role: "group" });
    root.append(this.element);
  }

  setHeight(height) {
    this.element.style.height = `${height}px`;
  }

  destroy() {}
}

/** The values of a metric by run, or by group: {label, colour, value, low, high}. */
function bars({ panel, runs }) {
  const config = panel.config ?? {};
  const metrics = config.metrics ?? [];
  const several = metrics.length > 1;
  const found = [];
  for (const metric of metrics) {
    const read = reader(accessor(metric));
    const with_ = runs.open.filter((run) => Number.isFinite(read(run)));
    const grouping = config.groupBy
      ? [{ section: config.groupBy.includes(".value") ? "config" : "run", name: config.groupBy }]
      : runs.isGrouped ? runs.grouping : null;
    if (!grouping) {
      found.push(...with_.map(
        (run) => ({ label: `${run.name || run.id}${several ? ` ${metric}` : ""}`, colour: runs.colour(run),
          value: read(run) })));
      continue;
    }
    const groups = Map.groupBy(with_, (run) => runs.groupOf(run, grouping));
    for (const [name, members] of [...groups].sort(([a], [b]) => byName(a, b))) {
      const [value, low, high] = summary(members.map(read), config.groupAgg ?? "mean", config.groupArea ?? "minmax");
      found.push({ label: `${name}${several ? ` ${metric}` : ""}`, colour: runs.groupColour(name), value, low,
        high, n: members.length });
    }
  }
  return found.slice(0, config.barLimit ?? config.limit ?? MOST_BARS);
}

export class BarPanel extends Plain {
  update(context) {
    const found = bars(context);
    const most = Math.max(0, ...found.map((bar) => Math.max(Math.abs(bar.value), Math.abs(bar.high ?? 0))));
    put(this.element, found.length ? h("table", { class: "ws-bars" }, h("tbody", {}, ...found.map((bar) => h("tr", {},
      h("th", { scope: "row", title: bar.label }, bar.label.slice(0, 80)),
      h("td", {}, h("div", { class: "ws-bar-line" },
        h("span", { style: { width: `${most ? (Math.abs(bar.value) / most) * 100 : 0}%`, background: bar.colour } }))),
      h("td", { class: "is-number" }, formatNumber(bar.value),
        bar.n > 1 ? h("span", { class: "quiet" }, ` (${bar.n})`) : null)))))
      : h("p", { class: "quiet" }, "No shown run has this value."));
  }
}

export class ScalarPanel extends Plain {
  update({ panel, runs }) {
    const config = panel.config ?? {};
    const metric = config.metrics?.[0] ?? "";
    const values = runs.open.map(reader(accessor(metric))).filter(Number.isFinite);
    const how = config.groupAgg ?? "mean";
    const [value, low, high] = summary(values, how, config.groupArea ?? "minmax");
    put(this.element, h("div", { class: "ws-scalar" }, h("b", {}, values.length ? formatNumber(value) : "–"),
      h("span", { class: "quiet small" },
        values.length ? `${how} of ${values.length}; ${formatNumber(low)} to ${formatNumber(high)}`
          : "No shown run has this value.")));
  }
}

export class HistogramPanel extends Plain {
  update({ panel, runs }) {
    const read = reader(accessor(panel.config?.metrics?.[0] ?? ""));
    const values = runs.open.map(read).filter(Number.isFinite).sort((a, b) => a - b);
    if (!values.length) {
      put(this.element, h("p", { class: "quiet" }, "No shown run has this value."));
      return;
    }
    const [low, high] = [values[0], values.at(-1)];
    const n = Math.min(30, Math.max(5, Math.ceil(Math.sqrt(values.length) * 1.5)));
    const counts = new Array(n).fill(0);
    const edge = (k) => low + ((high - low) * k) / n;
    for (const value of values) counts[Math.min(n - 1, Math.floor(((value - low) / (high - low || 1)) * n))] += 1;
    const most = Math.max(...counts);
    put(this.element, h("div",
      { class: "ws-histogram", role: "img",
        "aria-label": `${values.length} values from ${formatNumber(low)} to ${formatNumber(high)}` },
      ...counts.map((count, k) => h("span", { style: { height: `${(count / most) * 100}%` },
        title: `${count} from ${formatNumber(edge(k))} to ${formatNumber(edge(k + 1))}` }))),
    h("p", { class: "ws-ends small quiet" }, h("span", {}, formatNumber(low)),
      h("span", {}, `${values.length} runs`), h("span", {}, formatNumber(high))));
  }
}

export class ComparerPanel extends Plain {
  update({ panel, runs }) {
    const shown = runs.open.slice(0, MOST_COMPARED);
    const rows = [];
    for (const part of ["config", "summary"]) {
      const keys = new Set(shown.flatMap((run) => Object.keys(run[part] ?? {})));
      for (const key of [...keys].sort(byName)) {
        const cells = shown.map((run) => formatValue(run[part]?.[key]).slice(0, 200));
        if (!panel.config?.diffOnly || new Set(cells).size > 1) rows.push([part, key, cells]);
      }
    }
    put(this.element, shown.length ? h("table", { class: "plain-table ws-compare" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Key"),
      ...shown.map((run) =>
        h("th", { scope: "col" }, h("span", { class: "swatch", style: { background: runs.colour(run) } }),
          ` ${(run.name || run.id).slice(0, 60)}`)))),
    h("tbody", {}, ...rows.slice(0, 300)
      .map(([part, key, cells]) =>
        h("tr", {}, h("th", { scope: "row" }, h("span", { class: "quiet small" }, `${part} `), key.slice(0, 120)),
      ...cells.map((cell) => h("td", {}, cell)))))) : h("p", { class: "quiet" }, "No run is shown."),
    runs.open.length > MOST_COMPARED
      ? h("p", { class: "quiet small" }, `The first ${MOST_COMPARED} of ${runs.open.length} shown runs.`) : null);
  }
}

/** How strongly a number of the config goes with a metric: rank correlation, its sign beside it. */
export class ImportancePanel extends Plain {
  update({ panel, runs, metric }) {
    const target = panel.config?.targetKey || metric || "";
    const read = reader(accessor(target));
    const shown = runs.open.filter((run) => Number.isFinite(read(run)));
    const keys = [...new Set(shown.flatMap((run) => Object.keys(run.config ?? {})))];
    const found = keys.map((key) => [key, rankCorrelation(shown.map((run) => run.config?.[key]), shown.map(read))])
      .filter(([, value]) => Number.isFinite(value)).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 20);
    put(this.element, h("p", { class: "small quiet" },
      `Rank correlation with ${target || "the metric"} over ${shown.length} shown runs`),
      found.length && shown.length > 3 ? h("table", { class: "ws-bars" },
        h("tbody", {}, ...found.map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, key.slice(0, 80)),
        h("td", {}, h("div", { class: "ws-bar-line" },
          h("span", { class: value < 0 ? "is-negative" : "is-positive",
            style: { width: `${Math.abs(value) * 100}%` } }))),
        h("td", { class: "is-number" }, formatNumber(value, 2))))))
        : h("p", { class: "quiet" }, "Too few shown runs have both numbers."));
  }
}

function rankCorrelation(a, b) {
  const pairs = a.map((value, k) => [value, b[k]]).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  if (pairs.length < 4 || new Set(pairs.map(([x]) => x)).size < 2) return NaN;
  const [one, other] = [ranks(pairs.map(([x]) => x)), ranks(pairs.map(([, y]) => y))];
  const mean = (pairs.length - 1) / 2;
  let [top, left, right] = [0, 0, 0];
  for (let k = 0; k < one.length; k += 1) {
    top += (one[k] - mean) * (other[k] - mean);
    left += (one[k] - mean) ** 2;
    right += (other[k] - mean) ** 2;
  }
  return top / Math.sqrt(left * right);
}

function ranks(values) {
  const order = values.map((value, k) => [value, k]).sort((a, b) => a[0] - b[0]);
  const found = new Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && order[to + 1][0] === order[from][0]) to += 1;
    for (let k = from; k <= to; k += 1) found[order[k][1]] = (from + to) / 2;
    from = to + 1;
  }
  return found;
}

export class TextPanel extends Plain {
  update({ panel }) {
    put(this.element, markdown(panel.config?.value ?? ""));
  }
}

/** A kind of panel that is not drawn here: it says which, and stays in the document. */
export class OtherPanel extends Plain {
  update({ panel }) {
    put(this.element, h("p", { class: "quiet" },
      `${panel.viewType ?? "This"} panels are kept in the view but not drawn here.`));
  }
}
