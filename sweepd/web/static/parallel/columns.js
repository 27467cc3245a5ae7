/**
 * The columns a sweep's runs have: swept parameters and other config keys, the metric, the
 * summary, and facts about the run itself. A column reads its values once and keeps them as
 * typed arrays, so that ten thousand runs can be brushed at every movement of the pointer.
 */
import { nameOf, namedSlot, numericSlot } from "../common/values.js";
import { KINDS_OF_NUMBERS } from "./scales.js";

export const METRIC = "metric";
const MOST_LISTED = 12; // a list of at most so many values gets an axis of names

/** Facts about a run that make useful axes; each with the kind of axis it asks for. */
const RUN_FACTS = [
  ["run.state", "state", "categorical", (run) => run.outcome ?? run.state],
  ["run.created", "created", "time", (run) => time(run.created_at)],
  ["run.duration", "duration (s)", "linear", (run) => duration(run)],
  ["run.steps", "steps", "linear", (run) => run.n_steps],
  ["run.agent", "agent", "categorical", (run) => run.agent],
  ["run.sweep", "sweep", "categorical", (run) => run.sweep],
  ["run.tags", "tags", "categorical", (run) => (run.tags?.length ? run.tags : null)],
  ["run.notes", "notes", "categorical", (run) => run.notes || null],
  ["run.group", "group", "categorical", (run) => run.group],
  ["run.user", "user", "categorical", (run) => run.user],
  ["run.attempt", "attempt", "categorical", (run) => run.attempt],
];

const OPTIONAL = new Set(["run.sweep", "run.tags", "run.notes", "run.group", "run.user"]);

function time(text) {
  const ms = text ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** Seconds from a run's start to its end, or to now while it runs; null before it starts. */
export function duration(run) {
  const start = time(run.started_at);
  if (start === null) return null;
  const end = time(run.ended_at) ?? (run.state === "running" ? Date.now() : null);
  return end === null ? null : Math.max(0, (end - start) / 1000);
}

/** One column: `read(run)` gives the raw value, the arrays hold what axes need. */
export class Column {
  constructor(id, label, source, read, parameter = null, kind = null) {
    Object.assign(this, { id, label, source, read, parameter, kind });
  }

  /** Read all runs; called again when data or the metric's aggregate change. */
  load(runs) {
    const n = runs.length;
    this.raw = new Array(n);
    this.numbers = new Float64Array(n);
    this.slots = new Uint8Array(n);
    for (let i = 0; i < n; i += 1) {
      const value = this.read(runs[i]);
      this.raw[i] = value;
      const slot = numericSlot(value);
      this.slots[i] = slot;
      this.numbers[i] = slot === 0 ? value : NaN;
    }
    this.names = null;
    return this;
  }

  /**
   * What a run is under in a filter, a group or a search: a list is the set of its members (and
   * still found by the whole of it), anything else its name. Values of a searched list are one
   * choice each, so they stay whole.
   */
  membersOf(i) {
    const value = this.raw[i];
    if (this.parameter || !Array.isArray(value) || !value.length) return [this.named().names[i]];
    return [...new Set(value.map(nameOf))];
  }

  /** Values as names, and their slots, for an axis of names. */
  named() {
    if (!this.names) {
      this.names = this.raw.map(nameOf);
      this.nameSlots = Uint8Array.from(this.raw, namedSlot);
    }
    return this;
  }

  /** The kind of axis that fits best: the search space decides, then the values. */
  bestKind() {
    if (this.kind) return this.kind;
    const present = this.raw.filter((value) => value !== null && value !== undefined);
    if (present.length && present.every((value) => typeof value === "boolean")) return "boolean";
    const values = this.parameter?.values;
    if (values?.length && values.every((value) => typeof value === "boolean")) return "boolean";
    if (this.slots.includes(6)) return "categorical";
    if (values?.length && values.length <= MOST_LISTED) return "categorical";
    const scale = this.parameter?.scale;
    if (scale === "log" || scale === "linear") return scale;
    return kindOfNumbers(this.numbers, this.parameter);
  }

  /** Kinds the user may choose from. */
  kinds() {
    if (this.kind === "time") return ["time", "percentile"];
    const hasNumber = this.slots.includes(0) || Number.isFinite(this.parameter?.min);
    if (!hasNumber) return this.bestKind() === "boolean" ? ["boolean"] : ["categorical"];
    return KINDS_OF_NUMBERS;
  }
}

/** Log when all are positive and spread over decades; names when few and repeated. */
function kindOfNumbers(numbers, parameter) {
  const finite = numbers.filter(Number.isFinite).sort();
  if (!finite.length) return "linear";
  const distinct = finite.reduce((n, v, i) => n + (i === 0 || v !== finite[i - 1] ? 1 : 0), 0);
  if (!parameter && distinct < 4 && finite.length > 5 * distinct && finite.every(Number.isInteger)) {
    return "categorical";
  }
  const low = finite[Math.floor(0.05 * (finite.length - 1))];
  const high = finite[Math.ceil(0.95 * (finite.length - 1))];
  const kind = finite[0] > 0 && high / low > 100 ? "log" : "linear";
  return parameter ? kind : unsqueezed(finite, kind);
}

const ENOUGH = 8; // runs of which a few can be far away
const SQUEEZED = 0.15; // of the axis for four fifths of the runs
const OPEN = 0.3; // what a log axis must give them instead

/** A few runs that diverged leave the rest no room: then logarithms, or else ranks. */
export function unsqueezed(sorted, kind) {
  const [first, last] = [sorted[0], sorted.at(-1)];
  const low = sorted[Math.ceil(0.1 * (sorted.length - 1))];
  const high = sorted[Math.floor(0.9 * (sorted.length - 1))];
  if (sorted.length < ENOUGH || !(high > low) || first === last) return kind;
  const share = (to) => (to(high) - to(low)) / (to(last) - to(first));
  if ((kind === "log" ? share(Math.log) : share((x) => x)) >= SQUEEZED) return kind;
  return first > 0 && share(Math.log) >= OPEN ? "log" : "percentile";
}

/**
 * All columns of a sweep, in the order they are offered.
 *
 * `aggregate` is last, min, max or best, and says which number of the metric a run stands for.
 */
export function catalogue(data, aggregate) {
  const { sweep, runs } = data;
  const columns = new Map();
  const add = (column) => columns.set(column.id, column);
  const parameters = new Map((sweep.parameters ?? []).map((p) => [p.name, p]));
  for (const [name, parameter] of parameters) {
    add(new Column(`config.${name}`, name, "parameter", (run) => run.config?.[name], parameter));
  }
  if (sweep.metric) add(metricColumn(sweep.metric, aggregate));
  for (const name of keysOf(runs, "config")) {
    if (!parameters.has(name)) {
      add(new Column(`config.${name}`, name, "config", (run) => run.config?.[name]));
    }
  }
  for (const name of keysOf(runs, "summary")) {
    if (name === sweep.metric?.name) continue;
    add(new Column(`summary.${name}`, name, "summary", (run) => run.summary?.[name]));
  }
  for (const [id, label, kind, read] of RUN_FACTS) {
    if (OPTIONAL.has(id) && !runs.some((run) => read(run) !== null && read(run) !== undefined)) continue;
    add(new Column(id, label, "run", read, null, kind === "linear" ? null : kind));
  }
  return nameApart(columns);
}

/** Two columns of one name say where each comes from, wherever they are offered. */
function nameApart(columns) {
  const seen = new Map();
  for (const column of columns.values()) seen.set(column.label, (seen.get(column.label) ?? 0) + 1);
  for (const column of columns.values()) {
    if (seen.get(column.label) > 1) {
      const source = { parameter: "config", metric: "metric" }[column.source] ?? column.source;
      column.label = `${column.label} (${source})`;
    }
  }
  return columns;
}

function metricColumn(metric, aggregate) {
  const which = aggregate === "best" ? (metric.goal === "minimize" ? "min" : "max") : aggregate;
  const label = aggregate === "last" ? metric.name : `${metric.name} (${aggregate})`;
  return new Column(METRIC, label, "metric", (run) => run.metric?.[which]);
}

/** Names in `run[part]` over all runs, sorted; media and private keys are left out. */
function keysOf(runs, part) {
  const keys = new Set();
  for (const run of runs) {
    const object = run[part];
    if (!object) continue;
    for (const key in object) {
      if (!keys.has(key) && !key.startsWith("_") && !object[key]?._type) keys.add(key);
    }
  }
  return [...keys].sort((a, b) => a.localeCompare(b));
}

/** The column of one of several metrics: what a run's summary holds, but of the first. */
export function columnOf(sweep, name) {
  return name === sweep.metric?.name ? METRIC : `summary.${name}`;
}

/** The axes shown first: what is really searched, then the metrics. */
export function defaultAxes(columns, sweep) {
  const shown = [];
  for (const column of columns.values()) {
    if (column.source === "parameter" && !isConstant(column.parameter)) shown.push(column.id);
  }
  for (const { name } of sweep.metrics ?? []) {
    const id = columnOf(sweep, name);
    if (id !== METRIC && columns.has(id)) shown.push(id);
  }
  if (columns.has(METRIC)) shown.push(METRIC);
  return shown;
}

function isConstant(parameter) {
  if (parameter.values?.length === 1) return true;
  return parameter.kind === "constant"
    || (Number.isFinite(parameter.min) && parameter.min === parameter.max);
}
