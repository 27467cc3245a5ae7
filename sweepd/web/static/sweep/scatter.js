/**
 * A dot for each run: any column across, the metric (or another column) up. Shares selection, colours
 * and pointed-at run with the parallel plot. With `runningBest` a line shows the best value reached
 * so far; with `front` the runs of the Pareto front are ringed.
 */
import { Frame } from "./frame.js";
import { METRIC } from "../parallel/columns.js";
import { makeScale } from "../parallel/scales.js";

const REACH = 12; // px

export class Scatter {
  constructor(root, model, { across, up = METRIC, runningBest = false, front = false, height = 260, label }) {
    Object.assign(this, { model, across, up, runningBest, front });
    this.frame = new Frame(root, {
      label, height, draw: () => this.draw(),
      point: (x, y) => model.hover(this.nearest(x, y)),
      leave: () => model.hover(-1),
    });
    for (const event of ["scales", "selection"]) {
      model.addEventListener(event, () => this.frame.follow());
    }
    model.addEventListener("hover", () => this.frame.later());
    this.frame.later();
  }

  draw() {
    const { frame, model } = this;
    const column = model.column(this.across);
    const metric = model.column(this.up);
    if (!column || !metric || !metric.slots.includes(0)) {
      frame.say(model.runs.length ? "No number logged yet" : "No runs yet");
      this.places = null;
      return;
    }
    const { paint } = frame;
    const across = this.across === "run.created" ? makeScale(column, "time", model.alive, true)
      : model.scale(this.across);
    const up = model.scale(this.up);
    frame.axes(across, up, column.label, this.up === METRIC && !this.front ? "" : metric.label);
    const n = model.runs.length;
    const xs = new Float32Array(n).fill(NaN);
    const ys = new Float32Array(n).fill(NaN);
    for (let i = 0; i < n; i += 1) {
      if (!model.alive[i]) continue;
      const jitter = across.named ? ((i * 0.618) % 1 - 0.5) * (0.5 / across.names.length) : 0;
      xs[i] = frame.x(across.unit(i) + jitter);
      ys[i] = frame.y(up.unit(i));
    }
    this.places = { xs, ys };
    const radius = n > 3000 ? 1.4 : n > 400 ? 2.2 : 3.4;
    const { context } = frame;
    const { palette, bucket } = model.colours;
    context.globalAlpha = n > 400 ? 0.6 : 0.9;
    for (const chosen of [0, 1]) {
      for (let i = 0; i < n; i += 1) {
        if (model.selected[i] !== chosen || Number.isNaN(xs[i]) || Number.isNaN(ys[i])) continue;
        context.fillStyle = chosen ? palette[bucket[i]] : paint["pc-context"];
        if (n > 1000) context.fillRect(xs[i] - radius, ys[i] - radius, 2 * radius, 2 * radius);
        else frame.dot(xs[i], ys[i], radius, context.fillStyle);
      }
    }
    context.globalAlpha = 1;
    let nBeyond = 0;
    for (let i = 0; i < n; i += 1) nBeyond += model.alive[i] && metric.slots[i] !== 1 && Number.isNaN(ys[i]) ? 1 : 0;
    frame.clipped(nBeyond, "not on this scale");
    if (this.runningBest) this.#line(column, metric, across, up);
    const ringed = this.front ? model.front.filter((i) => !Number.isNaN(xs[i] + ys[i])) : [];
    for (const i of ringed) frame.dot(xs[i], ys[i], 4.5, palette[bucket[i]], paint.ink);
    frame.canvas.dataset.front = String(ringed.length);
    for (const i of [this.front ? -1 : model.bestIndex, model.pinnedIndex, model.hovered]) {
      if (i >= 0 && !Number.isNaN(xs[i] + ys[i])) {
        frame.dot(xs[i], ys[i], 5, palette[bucket[i]], paint.ink);
      }
    }
  }

  #line(column, metric, across, up) {
    const { model, frame } = this;
    const sign = model.data.sweep.metric?.goal === "minimize" ? -1 : 1;
    const order = [];
    for (let i = 0; i < model.runs.length; i += 1) {
      if (model.alive[i] && !Number.isNaN(metric.numbers[i] + column.numbers[i])) order.push(i);
    }
    order.sort((a, b) => column.numbers[a] - column.numbers[b]);
    const { context } = frame;
    context.beginPath();
    let best = -Infinity;
    let height = 0;
    order.forEach((i, k) => {
      const x = frame.x(across.unit(i));
      const value = sign * metric.numbers[i];
      if (k > 0) context.lineTo(x, height);
      if (value > best) {
        best = value;
        height = frame.y(up.unit(i));
        if (k === 0) context.moveTo(x, height);
        else context.lineTo(x, height);
      }
    });
    context.lineTo(frame.box.right, height);
    context.strokeStyle = frame.paint.ink;
    context.lineWidth = 1.5;
    context.stroke();
  }

  nearest(x, y) {
    if (!this.places) return -1;
    const { xs, ys } = this.places;
    let best = -1;
    let distance = REACH * REACH;
    for (let i = 0; i < xs.length; i += 1) {
      const d = (xs[i] - x) ** 2 + (ys[i] - y) ** 2;
      if (d < distance) {
        distance = d;
        best = i;
      }
    }
    return best;
  }
}
