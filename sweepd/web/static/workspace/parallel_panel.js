/** The parallel plot of the shown runs as a panel. */
import { h } from "../common/dom.js";
import { count } from "../common/values.js";
import { theme } from "../common/site.js";
import { emptyView, viewFromText, viewToText } from "../parallel/address.js";
import { Model } from "../parallel/model.js";
import { ParallelPlot } from "../parallel.js";
import { accessor, oursOf } from "./spec.js";

const MOST_AXES = 12;
const REST_MS = 350; // until a brush counts as one change of the view

/** What of the plot's own view is kept: which runs are brushed, kept and put aside. */
const chosen = ({ brushes, filters, without, hidden }) => ({ brushes, filters, without, hidden });

export class ParallelPanel {
  constructor(root) {
    this.element = h("div", { class: "ws-parallel" });
    const act = (label, run) => h("button", { type: "button", disabled: true, onclick: () => run(this.model) }, label);
    this.buttons = [act("Keep", (model) => model.keep()), act("Exclude", (model) => model.keep(true)),
      act("Clear brushes", (model) => model.change({ brushes: {} }, "selection"))];
    this.restore = act("Restore", (model) => model.change({ filters: [], brushes: {}, without: [], hidden: [] }));
    this.count = h("span", { class: "small quiet", role: "status" });
    this.box = h("div", { class: "ws-parallel-box" },
      h("div", { class: "ws-parallel-bar" }, ...this.buttons, this.restore, this.count), this.element);
    root.append(this.box);
    this.held = "";
    this.onTheme = () => {
      this.model?.setTheme(theme());
      this.plot?.retheme();
    };
    document.addEventListener("themechange", this.onTheme);
  }

  destroy() {
    document.removeEventListener("themechange", this.onTheme);
  }

  setHeight(height) {
    this.box.style.height = `${height}px`;
  }

  /** What was done to the plot becomes a change of the view, to be kept and undone. */
  #listen(model) {
    let resting = 0;
    for (const event of ["selection", "view"]) model.addEventListener(event, () => this.#counts());
    model.addEventListener("view", () => {
      clearTimeout(resting);
      resting = setTimeout(() => {
        const text = viewToText({ ...emptyView(), ...chosen(model.view) });
        if (text === this.held || !this.context.view) return;
        this.held = text;
        this.context.view.change((spec) => {
          oursOf(spec).parallel = { ...oursOf(spec).parallel, [this.context.panelId]: text };
        });
      }, REST_MS);
    });
    this.#counts();
  }

  #counts() {
    const { view, hasBrush, nSelected, nAlive } = this.model;
    for (const button of this.buttons) button.disabled = !hasBrush;
    this.restore.disabled = !view.filters.length && !view.without.length && !view.hidden.length;
    this.count.textContent = hasBrush ? `${nSelected} of ${count(nAlive, "run")}` : count(nAlive, "run");
  }

  update(context) {
    this.context = context;
    const { panel, runs, base, spec, panelId } = context;
    const held = spec?.sweepd?.parallel?.[panelId] ?? "";
    const signature = JSON.stringify(
      [panel.config, held, runs.open.map((run) => [run.id, run.n_steps, runs.colour(run)])]);
    if (signature === this.signature) return;
    this.signature = signature;
    const name = panel.config?.chartTitle || "Parallel coordinates";
    const data = { sweep: { id: "panel", name, parameters: [], metric: null }, runs: runs.open };
    const given = (panel.config?.columns ?? []).map((column) => {
      const { section, name } = accessor(column.accessor);
      return [`${section}.${name.replace(/\.value$/, "")}`, column];
    });
    const model = this.model
      ?? new Model(data, { view: emptyView(), theme: theme(), colourOf: (run) => this.context.runs.colour(run) });
    if (this.model) model.setData(data);
    const axes = (given.length ? given.map(([id]) => id) : this.#axes(model)).filter((id) => model.columns.has(id))
      .slice(0, MOST_AXES);
    const kept = held === this.held ? {} : chosen(viewFromText(held)); // undone, or just loaded
    this.held = held;
    const view = { ...model.view, ...kept, axes, colour: panel.config?.customGradient ? axes.at(-1) ?? null : null,
      kinds: Object.fromEntries(given.filter(([, column]) => column.log).map(([id]) => [id, "log"])),
      inverted: given.filter(([, column]) => column.inverted).map(([id]) => id) };
    const isNew = !this.model;
    this.model = model;
    model.setView(view);
    if (isNew) this.#listen(model);
    this.#counts();
    this.plot ??= new ParallelPlot(this.element, model,
      { runHref: (run) => `${base}/runs/${encodeURIComponent(run.id)}` });
  }

  /** What differs between the runs, then what they reached. */
  #axes(model) {
    const varied = [...model.columns.values()].filter((column) => {
      if (!["config", "summary"].includes(column.source)) return false;
      model.column(column.id);
      return new Set(column.raw.map(String)).size > 1;
    }).map((column) => column.id);
    return [...varied.filter((id) => id.startsWith("config.")).slice(0, 6),
      ...varied.filter((id) => id.startsWith("summary.")).slice(0, 4)];
  }
}
