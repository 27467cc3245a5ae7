/**
 * What a plot of curves consists of, each drawn on a context of one of its canvases: axes, bands,
 * lines, dots, marks. Places come from the plot: `box` in pixels, and `x(value)`, `y(value)` into it.
 */
import { shorten } from "../common/dom.js";

/** A line across the box at each tick of its upright axis, the label left of it. */
export function drawRules(context, box, ticks, { line, ink }) {
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.lineWidth = 1;
  context.strokeStyle = line;
  context.fillStyle = ink;
  for (const { share, label } of ticks) {
    const y = Math.round(box.bottom - share * (box.bottom - box.top)) + 0.5;
    context.beginPath();
    context.moveTo(box.left, y);
    context.lineTo(box.right, y);
    context.stroke();
    context.fillText(shorten(label, box.left - 8), box.left - 6, y);
  }
}

export function drawAxes(plot, context, ticks) {
  const { box, paint, options } = plot;
  context.clearRect(0, 0, plot.width, plot.height);
  drawRules(context, box, ticks, { line: paint.line, ink: paint["ink-2"] });
  context.font = `10.5px ${plot.font}`;
  const name = shorten(options.nameX ?? "", 90);
  const nameWidth = name ? context.measureText(name).width + 12 : 0;
  context.textAlign = "center";
  let free = box.left - 14;
  for (const { share, label } of plot.axisX.ticks(Math.max(2, Math.floor((box.right - box.left) / 62)))) {
    const [x, half] = [box.left + share * (box.right - box.left), context.measureText(label).width / 2];
    if (x - half < free || x + half > plot.width - nameWidth) continue;
    context.fillText(label, x, plot.height - 9);
    free = x + half + 8;
  }
  context.textAlign = "right";
  context.fillStyle = paint["ink-3"];
  context.fillText(name, box.right, plot.height - 9);
  if (plot.isEmpty) {
    context.textAlign = "center";
    context.font = `12px ${plot.font}`;
    context.fillText(shorten(options.empty ?? "Nothing to draw yet", box.right - box.left),
      (box.left + box.right) / 2, (box.top + box.bottom) / 2);
  }
}

/** Places of note: a dashed line at each, a bar at its value, what they are beside the first. */
export function drawMarks(plot, context) {
  const { box, paint, options } = plot;
  const seen = (options.marks ?? []).filter(({ x }) => x >= plot.axisX.low && x <= plot.axisX.high);
  if (seen.length) plot.above.setAttribute("aria-description",
    `${options.nameMarks} at ${options.nameX} ${seen.map(({ x }) => x).join(", ")}`);
  seen.forEach((mark, k) => {
    const x = plot.x(mark.x);
    context.setLineDash([3, 4]);
    context.strokeStyle = context.fillStyle = paint.warn;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, box.top);
    context.lineTo(x, box.bottom);
    context.stroke();
    context.setLineDash([]);
    if (Number.isFinite(mark.y)) context.fillRect(x - 7, plot.y(mark.y) - 1.5, 14, 3);
    if (k) return;
    const isLeft = x > (box.left + box.right) / 2;
    context.textAlign = isLeft ? "right" : "left";
    context.textBaseline = "top";
    context.fillText(options.nameMarks, x + (isLeft ? -5 : 5), box.top);
  });
}

export function drawBand(plot, context, { x, low, high, colour }) {
  context.beginPath();
  let begun = false;
  const finite = [...x.keys()].filter((i) => Number.isFinite(low[i]) && Number.isFinite(high[i]));
  for (const i of finite) {
    if (begun) context.lineTo(plot.x(x[i]), plot.y(high[i]));
    else context.moveTo(plot.x(x[i]), plot.y(high[i]));
    begun = true;
  }
  for (const i of finite.reverse()) context.lineTo(plot.x(x[i]), plot.y(low[i]));
  context.globalAlpha = 0.16;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
}

export function stroke(plot, context, line, y, width) {
  const { x } = line;
  context.strokeStyle = line.colour;
  context.lineWidth = width;
  context.setLineDash(line.dash ?? []);
  context.beginPath();
  let [isDown, n, last] = [false, 0, null];
  for (let i = 0; i < x.length; i += 1) {
    const [px, py] = [plot.x(x[i]), plot.y(y[i])];
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      isDown = false;
      continue;
    }
    if (isDown) context.lineTo(px, py);
    else context.moveTo(px, py);
    isDown = true;
    n += 1;
    last = [px, py];
  }
  context.stroke();
  context.setLineDash([]);
  if (last && (n === 1 || line.points)) drawDots(plot, context, line, y, n === 1 ? 3 : 2);
}

export function drawDots(plot, context, { x, colour }, y, radius) {
  context.fillStyle = colour;
  for (let i = 0; i < x.length; i += 1) {
    const [px, py] = [plot.x(x[i]), plot.y(y[i])];
    if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
    context.beginPath();
    context.arc(px, py, radius, 0, 2 * Math.PI);
    context.fill();
  }
}

export function drawRing(plot, context, line, at, value) {
  const [px, py] = [plot.x(at), plot.y(value)];
  if (!Number.isFinite(px) || !Number.isFinite(py) || py < plot.box.top - 2 || py > plot.box.bottom + 2) return;
  context.beginPath();
  context.arc(px, py, 3, 0, 2 * Math.PI);
  context.fillStyle = line.colour;
  context.fill();
  context.strokeStyle = plot.paint.surface;
  context.stroke();
}
