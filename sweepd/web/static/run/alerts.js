/** What the script called out with `run.alert`. */
import { h } from "../common/dom.js";
import { moment } from "../common/moments.js";
import { count } from "../common/values.js";

const LEVELS = ["info", "warn", "error"];
const level = (alert) => (LEVELS.includes(alert.level) ? alert.level : "info");

/** All alerts, the newest first. */
export function alertList(alerts) {
  if (!alerts.length) return h("p", { class: "quiet" }, "No alerts. A script raises one with run.alert(title, text).");
  return h("ul", { class: "alert-list card card-body" },
    ...alerts.map((alert) => h("li", { class: `is-${level(alert)}` },
    h("span", { class: "alert-level" }, level(alert)), h("div", {}, h("b", {}, alert.title || "Alert"),
      alert.body ? h("p", {}, alert.body) : null), moment(alert.at))));
}

/** A line at the head of the page that names the newest; null when there is none. */
export function alertNote(alerts, open) {
  const [newest] = alerts;
  if (!newest) return null;
  const looks = { info: "is-calm", warn: "", error: "is-bad" }[level(newest)];
  return h("div", { class: `notice alert-note ${looks}` }, h("strong", {}, newest.title.slice(0, 120) || "Alert"),
    h("span", { class: "alert-text" }, newest.body.slice(0, 160)), moment(newest.at),
    h("button", { type: "button", class: "bare", onclick: open }, count(alerts.length, "alert")));
}
