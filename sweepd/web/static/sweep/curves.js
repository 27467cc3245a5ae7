/**
 * Curves of the selected runs over their steps, with the bands at which early stopping looks and
 * the place and reason of each stop. Histories are fetched only when this view is open.
 */
import { Frame } from "./frame.js";
import { continuous } from "../parallel/scales.js";
import { dashOf } from "../parallel/lines.js";
import { standing } from "../parallel/model.js";
import { h, put } from "../common/dom.js";

const MOST = 40;

export class Curves {
  constructor(root, model, { fetchCurves }) {
    Object.assign(this, { model, fetchCurves, known: new Map(), bands: [] });
    this.note = h("p", { class: "small quiet" });
    this.reasons = h("ul", { class: "reasons small" });
    this.frame = new Frame(root, { label: "Curves of the selected runs", height: 320,
      draw: () => this.draw(), point: (x, y) => this.#point(x, y), leave: () => model.hover(-1) });
    root.append(this.note, this.reasons);
    for (const event of ["selection", "data"]) model.addEventListener(event, () => this.#soon());
    model.addEventListener("hover", () => this.frame.later());
    this.load();
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.frame.canvas.isConnected && this.load(), 300);
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
          this.known.set(run.id, { n: run.n_steps, rows: answer.curves?.[run.id] ?? [] });
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
    this.frame.later();
  }

  draw() {
    const { frame, model } = this;
    this.drawn = [];
    const lines = this.#chosen().map((i) => [i, this.known.get(model.runs[i].id)?.rows ?? []])
      .filter(([, rows]) => rows.length);
    if (!lines.length) {
      frame.say("No history of the metric yet");
      return;
    }
    let [right, low, high] = [1, Infinity, -Infinity];
    for (const [, rows] of lines) {
      for (const [step, value] of rows) {
        right = Math.max(right, step);
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    const across = continuous("linear", 0, right);
    const up = continuous("linear", low, high === low ? low + 1 : high);
    frame.axes(across, up, "step", model.data.sweep.metric?.name ?? "");
    this.#drawBands(across, up);
    for (const [i, rows] of lines) this.#line(i, rows, across, up, false);
    const marked = lines.find(([i]) => i === model.hovered);
    if (marked) this.#line(...marked, across, up, true);
  }

  #drawBands(across, up) {
    const { context, box, paint } = this.frame;
    for (const band of this.bands) {
      const x = this.frame.x(across.unitOf(band.step));
      if (x > box.right) continue;
      context.setLineDash([3, 4]);
      context.strokeStyle = paint.warn;
      context.beginPath();
      context.moveTo(x, box.top);
      context.lineTo(x, box.bottom);
      context.stroke();
      context.setLineDash([]);
      if (Number.isFinite(band.threshold)) {
        const y = this.frame.y(up.unitOf(band.threshold));
        context.lineWidth = 3;
        context.beginPath();
        context.moveTo(x - 7, y);
        context.lineTo(x + 7, y);
        context.stroke();
      }
    }
  }

  #line(i, rows, across, up, marked) {
    const { frame, model } = this;
    const { context } = frame;
    const path = rows.map(([step, value]) => [frame.x(across.unitOf(step)), frame.y(up.unitOf(value))]);
    context.strokeStyle = model.colours.palette[model.colours.bucket[i]];
    context.lineWidth = marked ? 3 : 1.5;
    context.setLineDash(dashOf(model.standings[i]));
    context.beginPath();
    path.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
    context.setLineDash([]);
    const [x, y] = path.at(-1);
    const stopped = standing(model.runs[i]) === "stopped";
    frame.dot(x, y, stopped ? 3.5 : 2, stopped ? frame.paint.warn : context.strokeStyle);
    if (!marked) this.drawn.push([i, path]);
  }

  #point(x, y) {
    let [best, distance] = [-1, 14];
    for (const [i, path] of this.drawn ?? []) {
      for (const [px, py] of path) {
        const d = Math.hypot(px - x, py - y);
        if (d < distance) [best, distance] = [i, d];
      }
    }
    this.model.hover(best);
  }
}
