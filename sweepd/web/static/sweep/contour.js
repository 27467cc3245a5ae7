/**
 * The metric over two parameters: between the runs it is interpolated by distance, and fades out
 * where no run is near, so that the picture claims nothing it cannot know.
 */
import { shorten } from "../common/dom.js";
import { Frame } from "./frame.js";
import { METRIC } from "../parallel/columns.js";

const CELLS = 44;
const MOST_RUNS = 800; // nearest-run sums over more would take too long; a fair sample is used

export class Contour {
  constructor(root, model, { across, up }) {
    Object.assign(this, { model, across, up });
    this.frame = new Frame(root, { label: "The metric over two parameters", height: 300, room: 76,
      draw: () => this.draw() });
    for (const event of ["scales", "selection"]) {
      model.addEventListener(event, () => this.frame.follow());
    }
    this.frame.later();
  }

  draw() {
    const { frame, model } = this;
    const [columnX, columnY] = [model.column(this.across), model.column(this.up)];
    if (!columnX || !columnY || !model.columns.has(METRIC)) {
      frame.say("Needs two parameters and a metric");
      return;
    }
    const [scaleX, scaleY] = [model.scale(this.across), model.scale(this.up)];
    const metric = model.scale(METRIC);
    const points = [];
    const step = Math.max(1, Math.ceil(model.nSelected / MOST_RUNS));
    let seen = 0;
    for (let i = 0; i < model.runs.length; i += 1) {
      if (!model.selected[i]) continue;
      seen += 1;
      const [x, y, value] = [scaleX.unit(i), scaleY.unit(i), metric.unit(i)];
      if (seen % step === 0 && !Number.isNaN(x + y + value)) points.push([x, y, value]);
    }
    frame.axes(scaleX, scaleY, columnX.label, columnY.label);
    if (points.length < 4) {
      frame.say("Needs four runs with a value");
      return;
    }
    this.#cells(points);
    this.#scale(metric);
    for (const [x, y] of points) frame.dot(frame.x(x), frame.y(y), 1.6, frame.paint.ink);
  }

  /** The colours beside the picture, with values of the metric. */
  #scale(metric) {
    const { frame, model } = this;
    const { context, box, paint } = frame;
    const [left, width] = [box.right + 16, 12];
    const palette = model.ramp();
    const flipped = model.data.sweep.metric?.goal === "minimize";
    const height = box.bottom - box.top;
    for (let k = 0; k < palette.length; k += 1) {
      context.fillStyle = palette[flipped ? palette.length - 1 - k : k];
      context.fillRect(left, box.bottom - ((k + 1) * height) / palette.length, width, height / palette.length + 0.6);
    }
    context.fillStyle = paint["ink-2"];
    context.textAlign = "left";
    context.textBaseline = "middle";
    const ticks = metric.ticks(5);
    for (const tick of ticks) context.fillText(shorten(tick.label, 44), left + width + 5, frame.y(tick.unit));
    context.fillStyle = paint["ink-3"];
    context.textAlign = "right";
    context.textBaseline = "bottom";
    context.fillText(shorten(model.column(METRIC).label, 110), frame.width, frame.height - 1);
    frame.canvas.dataset.scale = ticks.map((tick) => tick.label).join(" ");
  }

  #cells(points) {
    const { frame, model } = this;
    const { context, box } = frame;
    const flipped = model.data.sweep.metric?.goal === "minimize";
    const palette = model.ramp();
    const [w, h] = [(box.right - box.left) / CELLS, (box.bottom - box.top) / CELLS];
    for (let row = 0; row < CELLS; row += 1) {
      for (let cell = 0; cell < CELLS; cell += 1) {
        const [x, y] = [(cell + 0.5) / CELLS, (row + 0.5) / CELLS];
        let [sum, weights, nearest] = [0, 0, Infinity];
        for (const [px, py, value] of points) {
          const d = (px - x) ** 2 + (py - y) ** 2 + 1e-4;
          if (d < nearest) nearest = d;
          const weight = 1 / (d * d);
          sum += weight * value;
          weights += weight;
        }
        const at = Math.min(1, Math.max(0, sum / weights));
        context.globalAlpha = Math.max(0.06, Math.min(0.9, 1.15 - 3.2 * Math.sqrt(nearest)));
        context.fillStyle = palette[Math.round((flipped ? 1 - at : at) * (palette.length - 1))];
        context.fillRect(box.left + cell * w, box.bottom - (row + 1) * h, w + 0.6, h + 0.6);
      }
    }
    context.globalAlpha = 1;
  }
}
