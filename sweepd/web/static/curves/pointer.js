/** What a pointer and the keyboard do to a plot: the crosshair, a drag that zooms, a press that opens. */
import { crosshair } from "./crosshair.js";
import { later } from "./turns.js";

const LEAST_DRAG = 6; // pixels; less is a press

/** Let a `LinePlot` follow what people do above it. */
export function listen(plot) {
  const { above } = plot;
  above.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !plot.box) return;
    plot.drag = { x: clamp(event.offsetX, plot.box.left, plot.box.right), y: event.offsetY, to: event.offsetX,
      is: false };
    if (event.pointerType === "mouse") above.setPointerCapture(event.pointerId);
  });
  above.addEventListener("pointermove", (event) => moved(plot, event));
  above.addEventListener("pointerup", (event) => released(plot, event));
  above.addEventListener("pointercancel", () => { plot.drag = null; });
  above.addEventListener("pointerleave", () => crosshair.leave(plot));
  above.addEventListener("dblclick", () => plot.setZoom(null));
  above.addEventListener("keydown", (event) => pressed(plot, event));
  above.addEventListener("blur", () => crosshair.leave(plot));
}

function moved(plot, event) {
  if (!plot.box || plot.isEmpty) return;
  const { drag, box } = plot;
  if (drag && event.pointerType === "mouse") {
    drag.to = clamp(event.offsetX, box.left, box.right);
    drag.is ||= Math.abs(drag.to - drag.x) > LEAST_DRAG;
  }
  const at = plot.axisX.value((clamp(event.offsetX, box.left, box.right) - box.left) / (box.right - box.left));
  crosshair.move(plot, at, event.offsetY, event.clientX, event.clientY);
  if (drag?.is) later(plot.above, () => plot.drawOver());
}

function released(plot, event) {
  const { drag, box } = plot;
  plot.drag = null;
  if (!drag) return;
  if (drag.is) {
    const value = (px) => plot.axisX.value((px - box.left) / (box.right - box.left));
    plot.setZoom({ x: [value(Math.min(drag.x, drag.to)), value(Math.max(drag.x, drag.to))] });
  } else if (plot.opened && plot.mark && event.pointerType === "mouse" && event.detail !== 2) {
    const line = plot.lines.find((item) => item.id === plot.mark || item.run === plot.mark);
    if (line && plot.near(line, event.offsetX, event.offsetY) < 12) plot.opened(line, event);
  }
  later(plot.above, () => plot.drawOver());
}

function pressed(plot, event) {
  if (event.key === "Escape") plot.setZoom(null);
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step || plot.isEmpty || !plot.box) return;
  event.preventDefault();
  const span = plot.axisX.high - plot.axisX.low;
  const at = clamp((plot.at ?? plot.axisX.low) + (step * span) / 50, plot.axisX.low, plot.axisX.high);
  const box = plot.above.getBoundingClientRect();
  crosshair.move(plot, at, plot.height / 2, box.left + plot.x(at), box.top + plot.height / 2);
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
