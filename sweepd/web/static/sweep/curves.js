/**
 * The metric of the selected runs over its steps, with the places at which early stopping looks and
 * the reason of each stop. Histories are fetched only when this view is open.
 */
import { unsqueezed } from "../parallel/columns.js";
import { dashOf, standing } from "../parallel/standings.js";
import { h, put } from "../common/dom.js";
import { LinePlot } from "../curves/plot.js";

const MOST = 40;
const STOPPING = "early stopping looks here";

export class Curves {
  constructor(root, model, { fetchCurves }) {
    Object.assign(this, { model, fetchCurves, known: new Map(), bands: [] });
    this.note = h("p", { class: "small quiet" });
    this.reasons = h("ul", { class: "reasons small" });
    this.plot = new LinePlot(root, { label: "Curves of the selected runs", height: 320,
      marked: (id) => model.hover(model.indexOf.get(id) ?? -1) });
    root.append(this.note, this.reasons);
    for (const event of ["selection", "data"]) model.addEventListener(event, () => this.#soon());
    model.addEventListener("scales", () => this.#show());
    model.addEventListener("hover", () => this.plot.pointAt(this.plot.at, model.runs[model.hovered]?.id ?? null));
    this.load();
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.plot.element.isConnected && this.load(), 300);
  }

  /** The best of the selected runs, at most MOST of them. */
  #chosen() {
    const { model } = this;
    const { strength } = model.colours;
    const list = [];
    for (let i = 0; i < model.runs.length; i += 1) if (model.selected[i]) list.push(i);
    if (strength) list.sort((a, b) => strength[b] - strength[a]);
    return list.slice(0, MOST);
  }

  async load() {
    const { model } = this;
    const chosen = this.#chosen();
    const missing = chosen.map((i) => model.runs[i])
      .filter((run) => !this.known.has(run.id) || this.known.get(run.id).n !== run.n_steps);
    if (missing.length) {
      try {
        const answer = await this.fetchCurves(missing.map((run) => run.id));
        for (const run of missing) {
          const rows = answer.curves?.[run.id] ?? [];
          this.known.set(run.id, { n: run.n_steps, x: rows.map(([step]) => step), y: rows.map(([, value]) => value) });
        }
        this.bands = answer.bands ?? this.bands;
      } catch (error) {
        this.note.textContent = `The curves cannot be read now: ${error.message}`;
        return;
      }
    }
    const stopped = chosen.map((i) => model.runs[i]).filter((run) => run.outcome === "stopped early");
    this.note.textContent = model.nSelected > MOST
      ? `The best ${MOST} of ${model.nSelected} selected runs` : "";
    put(this.reasons, ...stopped.slice(0, 6).map((run) => h("li", {},
      h("b", {}, run.name || run.id), ` was stopped early: ${run.stop_reason}`)));
    this.#show();
  }

  #show() {
    const { model } = this;
    const lines = this.#chosen().map((i) => {
      const run = model.runs[i];
      const { x = [], y = [] } = this.known.get(run.id) ?? {};
      return { id: run.id, run: run.id, label: run.name || run.id, x, y,
        colour: model.colours.palette[model.colours.bucket[i]],
        dash: dashOf(model.standings[i]), points: x.length < 2, end: standing(run) === "stopped" ? "warn" : null };
    }).filter((line) => line.x.length);
    const values = lines.flatMap((line) => line.y).sort((a, b) => a - b);
    const kind = unsqueezed(values, "linear"); // a few diverged runs do not squeeze the rest
    this.plot.show(lines, { nameX: "step", kindX: "whole", logY: kind === "log", ignoreOutliers: kind === "percentile",
      marks: this.bands.map(({ step, threshold }) => ({ x: step, y: threshold })), nameMarks: STOPPING,
      empty: "No history of the metric yet" });
  }
}
