/** Moments on the page: how long ago, kept so, with the exact time on hover. */
import { h } from "./dom.js";
import { exact, relative } from "./kinds.js";

/** A moment as it is written everywhere: how long ago, with the exact time on hover. */
export function moment(at) {
  const ms = typeof at === "number" ? at : Date.parse(at ?? "");
  if (!Number.isFinite(ms)) return h("span", {}, "–");
  return fill(h("time", { "data-time": new Date(ms).toISOString() }));
}

/** Write a `time[data-time]` element, as templates send it in UTC. */
export function fill(element) {
  const ms = Date.parse(element.dataset.time);
  if (Number.isNaN(ms)) return element;
  element.dateTime = element.dataset.time;
  element.textContent = relative(ms);
  element.title = exact(ms);
  return element;
}

/** Keep all times of the page as long ago as they are. */
export function keepTimes() {
  const all = () => document.querySelectorAll("time[data-time]").forEach(fill);
  all();
  setInterval(() => document.hidden || all(), 30_000);
}
