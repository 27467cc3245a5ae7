/**
 * A custom chart as a panel: the rows its query asks for, of all shown runs, drawn by a preset of
 * the client or, in the sandboxed frame, by the Vega spec that is kept under its name.
 */
import { h, put } from "../common/dom.js";
import { drawChart } from "../run/custom.js";
import { readTable } from "../run/media/table.js";
import { curvesIn, historyRows, queryOf } from "./chart_query.js";
import { reader } from "./spec.js";

const MOST_RUNS = 20; // whose rows are drawn together
const MOST_ROWS = 20_000;
const POINTS = 500; // of a run's history

export class ChartPanel {
  constructor(root) {
    this.place = h("div", { class: "chart ws-chart" });
    this.note = h("p", { class: "small quiet" });
    root.append(this.place, this.note);
    this.onTheme = () => this.#again();
    document.addEventListener("themechange", this.onTheme);
  }

  destroy() {
    document.removeEventListener("themechange", this.onTheme);
  }

  setHeight(height) {
    this.place.style.height = `${height}px`;
    window.dispatchEvent(new Event("resize")); // for Plotly
  }

  #again() {
    this.signature = "";
    if (this.context) this.update(this.context);
  }

  update(context) {
    this.context = context;
    const shown = context.runs.open.slice(0, MOST_RUNS);
    const query = queryOf(context.panel.config?.userQuery);
    const keys = curvesIn(query);
    const curves = keys.length ? context.source.read({ runs: shown, keys, points: POINTS }) : new Map();
    if (keys.length && shown.length && !curves.size) return; // told again when they have come
    const lengths = (run) => keys.map((key) => curves.get(run.id)?.[key]?.n ?? 0);
    const signature = JSON.stringify([context.panel.config, shown.map((run) => [run.id, run.n_steps, lengths(run)])]);
    if (signature === this.signature) return;
    this.signature = signature;
    this.#draw(context, shown, { query, curves, signature }).catch((error) => {
      put(this.place, h("p", { class: "quiet small" },
        `${context.panel.config?.panelDefId || "This chart"} is not drawn: ${error.message}`));
    });
  }

  async #draw(context, shown, { query, curves, signature }) {
    const config = context.panel.config ?? {};
    const found = await Promise.all(
      shown.map((run) => rowsOf(run, query, curves.get(run.id), context).catch(() => [])));
    if (signature !== this.signature) return;
    const rows = found.flatMap(
      (list, k) => list.map((row) => ({ ...row, id: shown[k].id, name: shown[k].name || shown[k].id,
      _defaultColorIndex: context.runs.colour(shown[k]) }))).slice(0, MOST_ROWS);
    const n = found.filter((list) => list.length).length;
    this.note.textContent = `${n} of ${context.runs.open.length} shown runs`;
    if (!rows.length) throw new Error("no shown run has logged what it draws");
    const fields = { ...config.fieldSettings };
    if (n > 1 && /^wandb\/line\//.test(config.panelDefId) && !fields.stroke) fields.stroke = "name";
    const chart = { key: config.chartTitle || config.panelDefId || "chart", preset: config.panelDefId ?? "",
      fields, strings: config.stringSettings ?? {} };
    chart.spec = await context.specOf(chart.preset);
    if (signature === this.signature) await drawChart(this.place, chart, rows);
  }
}

/** All rows of one run; `series` are its curves of `curvesIn(query)`. */
async function rowsOf(run, query, series, { mediaOf, fileUrlOf }) {
  const held = Object.fromEntries(["summary", "config"]
    .flatMap((section) => query[section].map((name) => [name, reader({ section, name })(run)])));
  const rows = historyRows(series, curvesIn(query)).map((row) => ({ ...held, ...row }));
  if (!query.tables.length && !query.history.length)
    return Object.values(held).some((value) => value !== undefined) ? [held] : [];
  const media = query.tables.length ? await mediaOf(run) : {};
  for (const key of query.tables) {
    const table = media[key]?.at(-1)?.[1];
    if (!table) continue;
    const { columns, data } = await readTable(table, (path) => fileUrlOf(run, path));
    rows.push(...data.map(({ row }) => ({ ...held, ...Object.fromEntries(columns.map((name, k) => [name, row[k]])) })));
  }
  return rows;
}
