/** The runs that no other beats in every metric, drawn over two metrics and listed. */
import { h, put } from "../common/dom.js";
import { count, formatNumber, formatValue } from "../common/values.js";
import { columnOf } from "../parallel/columns.js";
import { Scatter } from "./scatter.js";

const MOST_LISTED = 50;
const ARROWS = { minimize: "↓", maximize: "↑" };

/** The card; there only where the sweep has several metrics. */
export class Front {
  constructor(root, aside, model, base) {
    Object.assign(this, { root, aside, model, base, scatter: null });
    this.picture = h("div", { class: "chart-box front-picture" });
    this.list = h("div", { class: "scroll-x", tabindex: 0, role: "region", "aria-label": "Runs of the front" });
    model.addEventListener("data", () => this.render());
    this.render();
  }

  render() {
    const { model, root } = this;
    const metrics = model.data.sweep.metrics ?? [];
    root.closest("section").hidden = metrics.length < 2;
    if (metrics.length < 2) return;
    if (!this.scatter) this.#build(metrics);
    const front = model.data.sweep.front ?? [];
    this.aside.textContent = front.length ? `${count(front.length, "run")} that no other beats in every metric` : "";
    if (!front.length) {
      put(this.list, h("p", { class: "quiet" }, "No run has ended with a value of every metric yet."));
      return;
    }
    const parameters = [...model.columns.values()].filter((column) => column.source === "parameter").slice(0, 8);
    const rest = front.length - MOST_LISTED;
    put(this.list, h("table", { class: "repeats-table" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Run"),
        ...metrics.map(({ name, goal }) => h("th", { scope: "col", class: "number" },
          `${name.slice(0, 60)} ${ARROWS[goal]}`)),
        ...parameters.map((column) => h("th", { scope: "col" }, column.label.slice(0, 60))))),
      h("tbody", {}, ...front.slice(0, MOST_LISTED).map((run) => this.#row(run, parameters)))),
    rest > 0 ? h("p", { class: "small quiet" }, `and ${rest} more`) : null);
  }

  #row({ id, name, values }, parameters) {
    const { model, base } = this;
    const i = model.indexOf.get(id) ?? -1;
    const run = model.runs[i];
    return h("tr", { onpointerenter: () => model.hover(i), onpointerleave: () => model.hover(-1) },
      h("td", {}, h("a", { href: `${base}/runs/${encodeURIComponent(id)}` }, (name || id).slice(0, 120))),
      ...values.map((value) => h("td", { class: "number" }, formatNumber(value))),
      ...parameters.map((column) => h("td", {}, run ? formatValue(column.read(run)).slice(0, 80) : "–")));
  }

  #build(metrics) {
    const { model } = this;
    const ids = metrics.map(({ name }) => columnOf(model.data.sweep, name));
    this.scatter = new Scatter(this.picture, model, { across: ids[0], up: ids[1], front: true,
      label: "Each run by two metrics, those of the Pareto front ringed" });
    const select = (label, which, at) => {
      const element = h("select", { "aria-label": label },
        ...metrics.map(({ name }, k) => h("option", { value: ids[k] }, name.slice(0, 80))));
      element.selectedIndex = at;
      element.addEventListener("change", () => {
        this.scatter[which] = element.value;
        this.scatter.frame.later();
      });
      return h("label", { class: "inline-field" }, h("span", {}, label), element);
    };
    put(this.root, metrics.length > 2 ? h("div", { class: "button-row" },
      select("Across", "across", 0), select("Up", "up", 1)) : null, this.picture, this.list);
  }
}
