/** The card that follows the pointer and names the run whose line is nearest. */
import { h, put } from "../common/dom.js";
import { formatDuration, formatTime, formatValue } from "../common/values.js";
import { duration } from "./columns.js";

const MOST_ROWS = 14;

export class HoverCard {
  constructor(root, model, runHref) {
    this.model = model;
    this.runHref = runHref;
    this.element = h("div", { class: "pc-card", "aria-hidden": "true", hidden: true });
    root.append(this.element);
  }

  moveTo(x, y) {
    this.at = [x, y];
    if (!this.element.hidden) this.#place();
  }

  hide() {
    this.element.hidden = true;
  }

  /** Show the run pointed at; only while the pointer is over the plot itself. */
  render(layout, pointing) {
    const { model } = this;
    const i = model.hovered;
    if (i < 0 || !pointing || !layout) {
      this.hide();
      return;
    }
    const run = model.runs[i];
    const rows = layout.axes.slice(0, MOST_ROWS).map((axis) => h("div", { class: "pc-card-row" },
      h("dt", {}, axis.column.label.slice(0, 80)),
      h("dd", {}, axisValue(axis, i))));
    const more = layout.axes.length - MOST_ROWS;
    put(this.element,
      h("div", { class: "pc-card-head" },
        h("span", { class: "swatch",
          style: { background: model.colours.palette[model.colours.bucket[i]] } }),
        h("strong", {}, (run.name || run.id).slice(0, 120))),
      h("p", { class: "pc-card-state" }, stateLine(run)),
      h("dl", {}, ...rows),
      more > 0 ? h("p", { class: "pc-card-state" }, `and ${more} more`) : null,
    );
    this.element.hidden = false;
    this.#place();
  }

  #place() {
    const [x, y] = this.at ?? [0, 0];
    const { offsetWidth, offsetHeight } = this.element;
    const left = x + 18 + offsetWidth > window.innerWidth - 8 ? x - 18 - offsetWidth : x + 18;
    const top = Math.min(y + 14, window.innerHeight - offsetHeight - 8);
    this.element.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`;
  }
}

function axisValue(axis, i) {
  const value = axis.column.raw[i];
  if (axis.scale.kind === "time" && typeof value === "number") return formatTime(value, 90_000_000);
  return formatValue(value).slice(0, 80);
}

/** State, reason and length of a run in a few words. */
export function stateLine(run) {
  const seconds = duration(run);
  return [
    run.outcome ?? run.state, run.stop_reason?.slice(0, 160),
    seconds === null ? null : formatDuration(seconds),
    run.n_steps ? `${run.n_steps} steps` : null,
    run.attempt > 1 ? `attempt ${run.attempt}` : null,
  ].filter(Boolean).join(" · ");
}
