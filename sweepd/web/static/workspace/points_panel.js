/** A scatter of runs: config or summary values against each other, with running extremes. */
import { colourOf, h, shorten } from "../common/dom.js";
import { formatNumber } from "../common/values.js";
import { Axis } from "../curves/axis.js";
import { drawRules } from "../curves/painting.js";
import { withoutHaste } from "../curves/turns.js";
import { accessor, keyText, reader } from "./spec.js";

export class ScatterPanel {
  constructor(root, { label, opened }) {
    Object.assign(this, { root, opened });
    this.canvas = h("canvas", { role: "img", "aria-label": label, class: "plot-points" });
    this.card = h("p", { class: "small quiet ws-point", role: "status" });
    this.element = h("div", { class: "plot" }, this.canvas);
    this.element.style.height = "200px";
    root.append(this.element, this.card);
    this.sizes = new ResizeObserver(() => this.#later());
    this.sizes.observe(this.element);
    this.canvas.addEventListener("pointermove", (event) => this.#point(event));
    this.canvas.addEventListener("click", (event) => {
      const near = this.#nearest(event);
      if (near) opened({ run: near.run.id });
    });
  }

  destroy() {
    this.sizes.disconnect();
  }

  setHeight(height) {
    this.element.style.height = `${height}px`;
  }

  update({ panel, runs }) {
    const config = panel.config ?? {};
    this.config = config;
    const [x, y] = [accessor(config.xAxis), accessor(config.yAxis)];
    this.names = [keyText(x).split(":")[1], keyText(y).split(":")[1]];
    const [readX, readY] = [reader(x), reader(y)];
    this.points = runs.open.map((run) => ({ run, x: readX(run), y: readY(run), colour: runs.colour(run) }))
      .filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y)
        && (!config.xAxisLogScale || point.x > 0) && (!config.yAxisLogScale || point.y > 0));
    this.#later();
  }

  #later() {
    withoutHaste(this, () => this.#draw());
  }

  #draw() {
    const [width, height] = [this.element.clientWidth, this.element.clientHeight];
    if (width < 60 || !this.points) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const paint = (name) => colourOf(this.root, `--${name}`);
    const [ink, line, surface] = [paint("ink-2"), paint("line"), paint("surface")];
    context.font = `11px ${getComputedStyle(this.root).fontFamily}`;
    this.element.dataset.points = this.points.length;
    if (!this.points.length) {
      context.fillStyle = ink;
      context.textAlign = "center";
      context.fillText("No shown run has both values", width / 2, height / 2);
      return;
    }
    const { config } = this;
    const axis = (name, low, high, isLog) => {
      const values = this.points.map((point) => point[name]);
      const [least, most] = [Math.min(...values), Math.max(...values)];
      const margin = isLog ? 0 : (most - least) * 0.06;
      return new Axis(low ?? (isLog ? least / 1.15 : least - margin),
        high ?? (isLog ? most * 1.15 : most + margin), { isLog });
    };
    this.axisX = axis("x", config.xAxisMin, config.xAxisMax, config.xAxisLogScale);
    this.axisY = axis("y", config.yAxisMin, config.yAxisMax, config.yAxisLogScale);
    const ticks = this.axisY.ticks(4);
    const left = Math.max(...ticks.map(({ label }) => context.measureText(label).width)) + 12;
    this.box = { left, right: width - 10, top: 8, bottom: height - 34 };
    this.#axes(context, ticks, ink, line, width, height);
    if (config.showMinYAxisLine || config.showMaxYAxisLine) this.#best(context, ink);
    for (const point of this.points) {
      [point.px, point.py] = [this.#px(point.x), this.#py(point.y)];
      context.beginPath();
      context.arc(point.px, point.py, 4.5, 0, 2 * Math.PI);
      context.fillStyle = point.colour;
      context.fill();
      context.strokeStyle = surface;
      context.stroke();
    }
  }

  #px(value) {
    return this.box.left + this.axisX.share(value) * (this.box.right - this.box.left);
  }

  #py(value) {
    return this.box.bottom - this.axisY.share(value) * (this.box.bottom - this.box.top);
  }

  #axes(context, ticks, ink, line, width, height) {
    const { box } = this;
    drawRules(context, box, ticks, { line, ink });
    context.textAlign = "center";
    for (const { share, label } of this.axisX.ticks(Math.floor(width / 90))) {
      context.fillText(label, Math.min(box.right - 12, box.left + share * (box.right - box.left)), box.bottom + 11);
    }
    context.fillText(shorten(`${this.names[1]} over ${this.names[0]}`, width - 20), width / 2, height - 7);
  }

  #best(context, ink) {
    const sorted = [...this.points].sort((a, b) => a.x - b.x);
    const better = this.config.showMinYAxisLine ? Math.min : Math.max;
    let best = sorted[0].y;
    context.strokeStyle = ink;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(this.#px(sorted[0].x), this.#py(best));
    for (const { x, y } of sorted) {
      context.lineTo(this.#px(x), this.#py(best));
      best = better(best, y);
      context.lineTo(this.#px(x), this.#py(best));
    }
    context.stroke();
    context.setLineDash([]);
  }

  #nearest(event) {
    let [best, distance] = [null, 14];
    for (const point of this.points ?? []) {
      const away = Math.hypot(point.px - event.offsetX, point.py - event.offsetY);
      if (away < distance) [best, distance] = [point, away];
    }
    return best;
  }

  #point(event) {
    const near = this.#nearest(event);
    this.canvas.style.cursor = near ? "pointer" : "";
    this.card.textContent = near
      ? `${near.run.name || near.run.id}: ${formatNumber(near.x)}, ${formatNumber(near.y)}` : "";
  }
}
