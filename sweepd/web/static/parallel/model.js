/**
 * What the page shows: the runs, the view, and what follows from the two. One model, many
 * watchers: the plot, the table and the cards around them listen and never talk to each other.
 *
 * Events: "data" new runs · "view" anything in `view` changed · "scales" axes must be laid out
 * anew · "selection" the set of selected runs changed · "hover" another run is pointed at.
 */
import { catalogue, defaultAxes, METRIC } from "./columns.js";
import { makeScale } from "./scales.js";
import { colouring, colouringOwn, ownColour, ramp } from "./colour.js";
import { apply, isEmpty } from "./selection.js";
import { emptyView } from "./address.js";
import { standing, STANDINGS } from "./standings.js";

export { standing, STANDINGS };

/** What lines are coloured by when each run has its own colour, as it has on the other pages. */
export const OWN = "run.own";

export class Model extends EventTarget {
  /** `colourOf(run)`: a run's own colour where the page knows another than the usual one. */
  constructor(data, { view = emptyView(), theme = "light", colourOf = null } = {}) {
    super();
    this.colourOf = colourOf ?? ((run) => ownColour(run.number ?? this.indexOf.get(run.id), this.theme));
    this.view = view;
    this.theme = theme;
    this.hovered = -1;
    this.setData(data);
  }

  setData(data) {
    const hoveredId = this.data?.runs[this.hovered]?.id;
    this.data = data;
    this.runs = data.runs;
    this.indexOf = new Map(this.runs.map((run, i) => [run.id, i]));
    this.onFront = new Set(this.front);
    this.standings = Uint8Array.from(this.runs, (run) => STANDINGS.indexOf(standing(run)));
    this.hovered = this.indexOf.get(hoveredId) ?? -1;
    this.#readColumns();
    this.#derive();
    this.#tell("data", "scales", "selection");
  }

  setView(view) {
    const aggregateChanged = view.aggregate !== this.view.aggregate;
    this.view = view;
    if (aggregateChanged) this.#readColumns();
    this.#derive();
    this.#tell("view", "scales", "selection");
  }

  /** Change part of the view; `what` says how much follows from it. */
  change(part, what = "scales") {
    if (what === "scales") {
      this.setView({ ...this.view, ...part });
      return;
    }
    this.view = { ...this.view, ...part };
    if (what === "selection") this.#select();
    this.#tell("view", ...(what === "selection" ? ["selection"] : []));
  }

  setTheme(theme) {
    this.theme = theme;
    this.#colour();
    this.#tell("scales", "selection");
  }

  hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.#tell("hover");
  }

  /** A column by id, its values read; undefined when no run has it. */
  column = (id) => {
    const column = this.columns.get(id);
    if (column && !column.raw) column.load(this.runs);
    return column;
  };

  kindOf = (id) => {
    const column = this.column(id);
    const chosen = this.view.kinds[id];
    if (!column) return "linear";
    return column.kinds().includes(chosen) ? chosen : column.bestKind();
  };

  scale(id) {
    if (!this.scales.has(id)) {
      const zoomed = this.view.filters.length > 0;
      this.scales.set(id, makeScale(this.column(id), this.kindOf(id), this.alive, zoomed));
    }
    return this.scales.get(id);
  }

  setBrush(id, brush) {
    const brushes = { ...this.view.brushes };
    if (isEmpty(brush)) delete brushes[id];
    else brushes[id] = brush;
    this.change({ brushes }, "selection");
  }

  /** Runs selected by the brushes become all there is (or, with `drop`, go away). */
  keep(drop = false) {
    if (!this.hasBrush) return;
    const filters = [...this.view.filters, { drop, brushes: this.view.brushes }];
    this.change({ filters, brushes: {} });
  }

  /** The ramp of colours from weak to strong in the present theme. */
  ramp() {
    return ramp(this.theme);
  }

  get hasBrush() {
    return Object.values(this.view.brushes).some((brush) => !isEmpty(brush));
  }

  get bestIndex() {
    return this.indexOf.get(this.data.sweep.best_run_id) ?? -1;
  }

  /** Runs of the Pareto front, where the sweep has several metrics. */
  get front() {
    return (this.data.sweep.front ?? []).map((run) => this.indexOf.get(run.id) ?? -1).filter((i) => i >= 0);
  }

  get pinnedIndex() {
    return this.indexOf.get(this.view.pinned) ?? -1;
  }

  #readColumns() {
    this.columns = catalogue(this.data, this.view.aggregate);
  }

  #derive() {
    const n = this.runs.length;
    this.axes = (this.view.axes ?? defaultAxes(this.columns, this.data.sweep)).filter((id) => this.columns.has(id));
    this.alive = new Uint8Array(n).fill(1);
    for (const { brushes, drop, any } of this.view.filters) {
      apply(this.alive, this.column, brushes, this.kindOf, { drop, any });
    }
    if (this.view.without.length) {
      for (let i = 0; i < n; i += 1) {
        if (this.view.without.includes(STANDINGS[this.standings[i]])) this.alive[i] = 0;
      }
    }
    for (const id of this.view.hidden) {
      const i = this.indexOf.get(id);
      if (i !== undefined) this.alive[i] = 0;
    }
    this.nAlive = this.alive.reduce((sum, x) => sum + x, 0);
    this.scales = new Map();
    this.#colour();
    this.#select();
  }

  #colour() {
    const wanted = this.view.colour ?? METRIC;
    this.colourId = this.columns.has(wanted) ? wanted : OWN;
    if (this.colourId === OWN) {
      this.colours = colouringOwn(this.runs, this.colourOf);
      return;
    }
    const column = this.column(this.colourId);
    const lowIsGood = this.colourId === METRIC && this.data.sweep.metric?.goal === "minimize";
    const scale = this.colourScale();
    this.colours = colouring(column, scale, this.runs.length, this.theme, lowIsGood);
  }

  /**
   * The scale colours follow: that of the axis, but ranks where most values crowd at one end, for
   * else nearly all lines would have one colour. An axis whose scale was chosen is left as it is.
   */
  colourScale() {
    const id = this.colourId;
    const scale = this.scale(id);
    const isFree = this.view.kinds[id] === undefined && scale.kind === "linear";
    return isFree && isCrowded(scale, this.alive) ? makeScale(this.column(id), "percentile", this.alive)
      : scale;
  }

  #select() {
    this.selected = Uint8Array.from(this.alive);
    apply(this.selected, this.column, this.view.brushes, this.kindOf);
    this.nSelected = this.selected.reduce((sum, x) => sum + x, 0);
  }

  #tell(...events) {
    for (const event of events) this.dispatchEvent(new Event(event));
  }
}

/** Whether the middle half of the runs that are alive lies within a tenth of the scale. */
function isCrowded(scale, alive) {
  const units = [];
  for (let i = 0; i < alive.length; i += 1) {
    const unit = alive[i] ? scale.unit(i) : NaN;
    if (!Number.isNaN(unit)) units.push(unit);
  }
  if (units.length < 8) return false;
  const sorted = Float64Array.from(units).sort();
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  return at(0.75) - at(0.25) < 0.1 && sorted[sorted.length - 1] > sorted[0];
}
