/** What stands above the list of runs: menus that filter, group, order and show them. */
import { h, popover, put } from "../common/dom.js";
import { filterForm } from "./filter_form.js";
import { allEyes, keyOf, keyText, oursOf, onlyEyes, reader, runSetOf, setEyes } from "./spec.js";

/**
 * Put the menus into an element.
 *
 * @param {object} of - `view`; `runs` as they are drawn; `keys` and `metric` give what can be chosen now.
 */
export function runMenus(head, of) {
  new Menus(of).fill(head);
}

class Menus {
  constructor({ view, runs, keys, metric }) {
    Object.assign(this, { view, runs, keys, metric });
  }

  fill(head) {
    const filter = h("button", { type: "button" }, "Filter");
    popover(filter, (panel) => filterForm(panel, this.keys(), (item) => this.view.change((spec) => {
      const runSet = runSetOf(spec);
      if (runSet.filters?.filterFormat !== "filterV2") runSet.filters = { filterFormat: "filterV2", filters: [] };
      const { filters } = runSet.filters;
      filters.push(filters.length ? { ...item, connector: "AND" } : item);
    })), { label: "Add a filter" });
    const group = this.#menu("Group", (panel) => this.#groupMenu(panel));
    const sort = this.#menu("Sort", (panel) => this.#sortMenu(panel));
    const eyes = this.#menu("Show", (panel) => this.#showMenu(panel));
    put(head, filter, group, sort, eyes);
  }

  #menu(name, fill) {
    const button = h("button", { type: "button" }, name);
    popover(button, fill, { label: name });
    return button;
  }

  #keySelect(label, value, first) {
    const select = h("select", { "aria-label": label }, first ? h("option", { value: "" }, first) : null,
      ...this.keys().map((key) => h("option", { value: key.text }, key.label.slice(0, 60))));
    select.value = value;
    return select;
  }

  #groupMenu(panel) {
    const now = (runSetOf(this.view.spec).grouping ?? []).map(keyText);
    const selects = [0, 1]
      .map((k) => this.#keySelect(k ? "Then group by" : "Group by", now[k] ?? "", k ? "nothing more" : "no groups"));
    for (const select of selects) {
      select.addEventListener("change", () => this.view.change((spec) => {
        runSetOf(spec).grouping = selects.map((item) => item.value).filter(Boolean).map(keyOf);
      }));
    }
    const ours = this.view.spec.sweepd?.groups ?? {};
    const choice = (label, name, values, first) => {
      const select = h("select", { "aria-label": label },
        ...values.map(([id, text]) => h("option", { value: id }, text)));
      select.value = ours[name] ?? first;
      select.addEventListener("change", () => this.view.change((spec) => {
        oursOf(spec).groups = { ...oursOf(spec).groups, [name]: select.value };
      }));
      return h("label", { class: "inline-field" }, h("span", {}, label), select);
    };
    panel.append(h("label", { class: "inline-field" }, h("span", {}, "Group by"), selects[0]),
      h("label", { class: "inline-field" }, h("span", {}, "then by"), selects[1]),
      choice("Line", "middle", [["mean", "mean"], ["median", "median"], ["min", "least"], ["max", "greatest"]], "mean"),
      choice("Band", "band", [["minmax", "least to greatest"], ["stddev", "standard deviation"],
        ["stderr", "standard error"], ["none", "no band"]], "minmax"));
  }

  #sortMenu(panel) {
    const [now] = runSetOf(this.view.spec).sort?.keys ?? [];
    const select = this.#keySelect("Sort by", now ? keyText(now.key) : "run:createdAt");
    const rising = h("select", { "aria-label": "Direction" }, h("option", { value: "" }, "greatest first"),
      h("option", { value: "up" }, "least first"));
    rising.value = now?.ascending ? "up" : "";
    for (const control of [select, rising]) {
      control.addEventListener("change", () => this.view.change((spec) => {
        runSetOf(spec).sort = { keys: [{ key: sortKey(select.value), ascending: rising.value === "up" }] };
      }));
    }
    panel.append(select, rising);
  }

  #showMenu(panel) {
    const { rows } = this.runs;
    const eyes = (edit) => () => this.view.change((spec) => edit(runSetOf(spec)));
    const numbers = this.keys().filter((key) => key.isNumber && key.text.startsWith("summary:"));
    const metric = h("select", { "aria-label": "Metric" },
      ...numbers.map((key) => h("option", { value: key.text }, key.label.slice(0, 60))));
    const amount = h("input", { type: "number", min: 1, max: 1000, value: 10, "aria-label": "How many" });
    const way = h("select", { "aria-label": "Best is" }, h("option", { value: "min" }, "least"),
      h("option", { value: "max" }, "greatest"));
    const after = this.metric();
    if (after && numbers.some((key) => key.text === `summary:${after.name}`)) metric.value = `summary:${after.name}`;
    const guess = () => {
      if (after && metric.value === `summary:${after.name}`) way.value = after.goal === "minimize" ? "min" : "max";
      else way.value = /loss|error|err\b|perplexity|mse|mae|rmse/i.test(metric.value) ? "min" : "max";
    };
    metric.addEventListener("change", guess);
    guess();
    const best = () => {
      const read = reader(keyOf(metric.value));
      const sign = way.value === "min" ? 1 : -1;
      const found = rows.filter((run) => Number.isFinite(read(run))).sort((a, b) => sign * (read(a) - read(b)))
        .slice(0, Number(amount.value) || 10);
      this.view.change((spec) => {
        onlyEyes(runSetOf(spec), found.map((run) => run.id));
        runSetOf(spec).sort = { keys: [{ key: sortKey(metric.value), ascending: way.value === "min" }] };
      });
    };
    panel.append(h("div", { class: "menu-actions" },
      h("button", { type: "button", onclick: eyes((set) => allEyes(set)) }, "Show all"),
      h("button", { type: "button", onclick: eyes((set) => onlyEyes(set, [])) }, "Hide all"),
      h("button", { type: "button", onclick: eyes((set) => setEyes(set, rows.map((run) => run.id), true)) },
        "Show listed"),
      h("button", { type: "button", onclick: eyes((set) => setEyes(set, rows.map((run) => run.id), false)) },
        "Hide listed")),
    numbers.length ? h("form", { class: "ws-best", onsubmit: (event) => { event.preventDefault(); best(); } },
      h("span", {}, "Only the"), amount, h("span", {}, "best by"), metric, way,
        h("button", { class: "primary" }, "Show")) : null);
  }
}

function sortKey(text) {
  const key = keyOf(text);
  return key.section === "config" ? key : { section: key.section, name: key.name };
}
