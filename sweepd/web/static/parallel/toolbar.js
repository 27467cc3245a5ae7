/**
 * The bar above the plot (what is selected, keep, exclude, restore, what to show) and the legend
 * below it (colour scale, line styles as switches).
 */
import { h, popover } from "../common/dom.js";
import { count, formatNumber, formatTime } from "../common/values.js";
import { checkbox } from "./axis_menu.js";
import { show, hide } from "./axis_actions.js";
import { METRIC } from "./columns.js";
import { OWN } from "./model.js";
import { STANDINGS } from "./standings.js";

const SOURCES = [["parameter", "Searched"], ["metric", "Metric"], ["config", "Other config"],
  ["summary", "Summary"], ["run", "Run"]];
const STANDING_LABELS = { finished: "finished", running: "running", pending: "pending",
  stopped: "stopped", failed: "failed" };

export class Toolbar {
  constructor(root, model, { exports = [] } = {}) {
    this.model = model;
    this.counts = h("p", { class: "pc-counts" });
    this.live = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    this.progress = h("div", { class: "pc-progress", "aria-hidden": "true" }, h("i"));
    const button = (label, action, title) => h("button", { type: "button", title, onclick: action },
      label);
    this.keep = button("Keep", () => model.keep(), "Look only at the selected runs");
    this.drop = button("Exclude", () => model.keep(true), "Put the selected runs aside");
    this.clear = button("Clear brushes", () => model.change({ brushes: {} }, "selection"),
      "Take all brushes away");
    this.restore = button("Restore", () => model.change({ filters: [], brushes: {}, without: [], hidden: [] }),
      "Bring back all runs");
    this.colour = h("select", { "aria-label": "Colour by" });
    this.colour.addEventListener("change", () => model.change({ colour: this.colour.value }));
    this.aggregate = h("select", { "aria-label": "Value of the metric" },
      ...["last", "min", "max", "best"].map((name) => h("option", { value: name }, name)));
    this.aggregate.addEventListener("change", () => (
      model.change({ aggregate: this.aggregate.value })));
    const axes = h("button", { type: "button" }, "Axes");
    popover(axes, (panel) => this.#fillAxes(panel), { label: "Axes", className: "axes-menu" });
    const exporting = h("button", { type: "button" }, "Export");
    const menu = popover(exporting, (panel) => panel.append(h("div", { class: "menu-actions one" },
      ...exports.map(([label, action]) => h("button", { type: "button", onclick: () => {
        menu.close();
        action();
      } }, label)))), { label: "Export" });
    root.classList.add("pc-bar");
    root.append(
      h("div", { class: "pc-bar-counts" }, this.counts, this.progress), this.live,
      h("div", { class: "button-row" }, this.keep, this.drop, this.clear, this.restore),
      h("div", { class: "pc-bar-right" },
        h("label", { class: "inline-field" }, h("span", {}, "Colour"), this.colour),
        h("label", { class: "inline-field" }, h("span", {}, "Metric"), this.aggregate),
        axes, exports.length ? exporting : null));
    model.addEventListener("scales", () => this.render());
    model.addEventListener("selection", () => this.#counts());
    this.render();
  }

  render() {
    const { model } = this;
    this.aggregate.value = model.view.aggregate;
    this.aggregate.parentElement.hidden = !model.columns.has(METRIC);
    this.#fillColours();
    this.#counts();
  }

  #counts() {
    const { model } = this;
    const { nSelected, nAlive, runs } = model;
    const filtered = nAlive < runs.length ? `, ${count(runs.length - nAlive, "run")} put aside` : "";
    const text = model.hasBrush ? `${nSelected.toLocaleString("en")} of ${count(nAlive, "run")} selected`
      : count(nAlive, "run");
    this.counts.replaceChildren(h("strong", {}, text), filtered);
    this.progress.firstElementChild.style.width = `${nAlive ? (100 * nSelected) / nAlive : 0}%`;
    this.progress.classList.toggle("is-idle", !model.hasBrush);
    this.keep.disabled = this.drop.disabled = this.clear.disabled = !model.hasBrush;
    this.restore.disabled = !model.view.filters.length && !model.view.without.length
      && !model.view.hidden.length;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => {
      if (this.live.textContent !== text + filtered) this.live.textContent = text + filtered;
    }, 600); // a screen reader hears the outcome, not every movement
  }

  #fillColours() {
    const ids = [...this.model.columns.keys()].join("\n");
    if (ids !== this.colourIds) {
      this.colourIds = ids;
      this.colour.replaceChildren(...groups(this.model).map(([label, columns]) => (
        h("optgroup", { label }, ...columns.map((column) => (
          h("option", { value: column.id }, column.label.slice(0, 60))))))),
      h("option", { value: OWN }, "Run (its own colour)"));
    }
    this.colour.value = this.model.colourId;
  }

  #fillAxes(panel) {
    const { model } = this;
    const search = h("input", { type: "search", placeholder: "Find a column",
      "aria-label": "Find a column" });
    const boxes = h("div", { class: "axes-list" });
    const fill = () => {
      const wanted = search.value.trim().toLowerCase();
      boxes.replaceChildren(...groups(model).map(([label, columns]) => {
        const found = columns.filter((c) => c.label.toLowerCase().includes(wanted));
        return found.length ? h("fieldset", { class: "checks" }, h("legend", {}, label),
          ...found.slice(0, 100).map((column) => checkbox(column.label,
            model.axes.includes(column.id),
            (on) => (on ? show(model, column.id) : hide(model, column.id))))) : "";
      }));
    };
    search.addEventListener("input", fill);
    fill();
    panel.append(search, boxes, h("div", { class: "menu-actions one" },
      h("button", { type: "button", onclick: () => {
        model.change({ axes: null, inverted: [], kinds: {} });
        fill();
      } }, "Axes as at first")));
  }
}

function groups(model) {
  const columns = [...model.columns.values()];
  return SOURCES.map(([source, label]) => [label, columns.filter((c) => c.source === source)])
    .filter(([, found]) => found.length);
}

export class Legend {
  constructor(root, model) {
    this.root = root;
    this.model = model;
    root.classList.add("pc-legend");
    for (const event of ["scales"]) model.addEventListener(event, () => this.render());
    this.render();
  }

  render() {
    const n = this.model.front.length;
    this.root.replaceChildren(this.#colours(), n ? h("span", { class: "legend-front" },
      `Bold: Pareto front, ${count(n, "run")}`) : "", this.#standings());
  }

  #colours() {
    const { model } = this;
    if (model.colourId === OWN) return h("div", { class: "legend-colours" },
      h("span", { class: "legend-title" }, "Each run has its own colour, the same on every page"));
    const label = h("span", { class: "legend-title" }, model.column(model.colourId).label.slice(0, 80));
    const { names, palette, reversed } = model.colours;
    if (names) {
      const shown = names.slice(0, 10).map(({ name, colour }) => h("span", { class: "legend-name" },
        h("span", { class: "swatch", style: { background: colour } }), name.slice(0, 40) || "(empty)"));
      const rest = names.length > 10 ? h("span", {}, `and ${names.length - 10} more`) : null;
      return h("div", { class: "legend-colours" }, label, ...shown, rest);
    }
    const scale = model.colourScale();
    const colours = palette.slice(0, -1);
    if (reversed) colours.reverse();
    const write = (value) => (scale.kind === "time" ? formatTime(value, scale.high - scale.low)
      : formatNumber(value));
    const marks = [0, 0.5, 1].map((unit) => h("span", {}, write(scale.valueAt(unit))));
    return h("div", { class: "legend-colours" }, label, h("div", { class: "legend-ramp" },
      h("div", { class: "ramp", role: "img", "aria-label": "Colour scale", style: {
        background: `linear-gradient(90deg, ${colours.join(",")})` } }),
      h("div", { class: "ramp-marks" }, ...marks)), scale.kind === "percentile"
      ? h("span", { class: "quiet", title: "Most values lie close together, so colours follow the rank" },
        "by rank") : null);
  }

  /** Line styles; pressing one takes its runs out or back in. */
  #standings() {
    const { model } = this;
    const totals = STANDINGS.map(() => 0);
    for (const standing of model.standings) totals[standing] += 1;
    const { without } = model.view;
    return h("div", { class: "legend-states", role: "group", "aria-label": "Runs shown by state" },
      ...STANDINGS.map((name, k) => (totals[k] ? h("button", {
        type: "button", class: `standing is-${name}`, "aria-pressed": String(!without.includes(name)),
        onclick: () => model.change({
          without: without.includes(name) ? without.filter((x) => x !== name) : [...without, name],
        }),
      }, h("i", { "aria-hidden": "true" }), `${STANDING_LABELS[name]} ${totals[k].toLocaleString("en")}`)
        : null)));
  }
}
