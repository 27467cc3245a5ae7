/**
 * Scales: from a column's values to a place on the axis (0 at the foot, 1 at the head) and back.
 * Every scale offers the same few things, so axes, brushes and drawing never ask for its kind:
 *
 *   kind, named           the kind, and whether its values are names
 *   unit(i)               place of run i, NaN when run i is in the band
 *   slot(i)               slot of the band run i is in, 0 when on the scale
 *   unitOf(value)         place of a number (or of a name)
 *   valueAt(unit)         number at a place
 *   ticks(n)              about n marks: [{unit, label}]
 *   names                 the names in order, on an axis of names
 */
import { formatMarks, formatNumber, formatTime, NONPOSITIVE } from "../common/values.js";

/** What a kind of axis is called in its menu, and beside its name where that is not plain. */
export const KINDS = {
  linear: { label: "Linear" },
  log: { label: "Logarithmic", note: "log" },
  percentile: { label: "Percentile", note: "percentile" },
  categorical: { label: "Categories" },
  boolean: { label: "True or false" },
  time: { label: "Time", note: "time" },
};
export const KINDS_OF_NUMBERS = ["linear", "log", "percentile", "categorical"]; // to choose from

/**
 * Build the scale of `column` in `kind` over the runs that are alive. `zoomed` fits it to these
 * runs; else the search space stays in view, so that the axis does not jump as runs arrive.
 */
export function makeScale(column, kind, alive, zoomed) {
  if (kind === "categorical" || kind === "boolean") return namedScale(column, kind, alive, zoomed);
  if (kind === "percentile") return percentileScale(column, alive);
  return continuousScale(column, kind, alive, zoomed);
}

function extent(column, alive, positiveOnly) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < alive.length; i += 1) {
    const value = column.numbers[i];
    if (!alive[i] || Number.isNaN(value) || (positiveOnly && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The span to draw: the search space where there is one (it never jumps), and all values. */
function domain(column, alive, kind, zoomed) {
  let [low, high] = extent(column, alive, kind === "log");
  const { min, max } = column.parameter ?? {};
  if (!zoomed && Number.isFinite(min) && (kind !== "log" || min > 0)) low = Math.min(low, min);
  if (!zoomed && Number.isFinite(max) && (kind !== "log" || max > 0)) high = Math.max(high, max);
  if (low > high) return kind === "log" ? [0.1, 10] : [0, 1];
  if (low === high) {
    if (kind === "log") return [low / 2, high * 2];
    const margin = kind === "time" ? 30_000 : Math.abs(low) * 0.05 || 0.5;
    return [low - margin, high + margin];
  }
  return [low, high];
}

function continuousScale(column, kind, alive, zoomed) {
  const [low, high] = domain(column, alive, kind, zoomed);
  const { numbers, slots } = column;
  const scale = continuous(kind, low, high);
  const isLog = kind === "log";
  return {
    ...scale,
    unit: (i) => (isLog && numbers[i] <= 0 ? NaN : scale.place(numbers[i])),
    slot: (i) => (slots[i] === 0 && isLog && numbers[i] <= 0 ? NONPOSITIVE : slots[i]),
  };
}

/** A linear, log or time scale between two numbers, without a column. */
export function continuous(kind, low, high) {
  const isLog = kind === "log";
  const to = isLog ? Math.log : (x) => x;
  const from = isLog ? Math.exp : (x) => x;
  const start = to(low);
  const span = to(high) - start;
  const place = (value) => (to(value) - start) / span;
  return {
    kind,
    named: false,
    low,
    high,
    place,
    unitOf: (value) => (isLog && value <= 0 ? 0 : place(value)),
    valueAt: (unit) => Math.min(high, Math.max(low, from(start + unit * span))),
    ticks(n) {
      const values = isLog ? logTicks(low, high, n)
        : kind === "time" ? timeTicks(low, high, n) : linearTicks(low, high, n);
      const labels = kind === "time" ? values.map((value) => formatTime(value, high - low)) : formatMarks(values);
      return values.map((value, k) => ({ unit: place(value), label: labels[k] }));
    },
  };
}

/** Ranks instead of values: every run gets the same room, outliers too. */
function percentileScale(column, alive) {
  const { numbers, slots } = column;
  const sorted = numbers.filter((value, i) => alive[i] && !Number.isNaN(value)).sort();
  const last = Math.max(1, sorted.length - 1);
  const unitOf = (value) => {
    const first = bisect(sorted, value, false);
    const after = bisect(sorted, value, true);
    if (after > first) return sorted.length > 1 ? (first + after - 1) / 2 / last : 0.5;
    const [below, above] = [sorted[first - 1], sorted[first]];
    if (below === undefined || above === undefined) return below === undefined ? 0 : 1;
    return (first - 1 + (value - below) / (above - below)) / last;
  };
  const valueAt = (unit) => {
    if (!sorted.length) return 0;
    const at = Math.min(1, Math.max(0, unit)) * (sorted.length - 1);
    const below = Math.floor(at);
    const above = Math.min(sorted.length - 1, below + 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  };
  const isTime = column.kind === "time";
  const spanMs = sorted.length ? sorted[sorted.length - 1] - sorted[0] : 0;
  return {
    kind: "percentile",
    named: false,
    low: sorted[0] ?? 0,
    high: sorted[sorted.length - 1] ?? 1,
    unit: (i) => (Number.isNaN(numbers[i]) ? NaN : unitOf(numbers[i])),
    slot: (i) => slots[i],
    unitOf,
    valueAt,
    ticks(n) {
      const parts = n >= 5 ? 4 : 2;
      return Array.from({ length: parts + 1 }, (_, k) => {
        const value = valueAt(k / parts);
        const label = isTime ? formatTime(value, spanMs) : formatNumber(value);
        return { unit: k / parts, label, note: `${Math.round((100 * k) / parts)} %` };
      });
    },
  };
}

/** First index whose value is ≥ (or, with `after`, >) the given one. */
function bisect(sorted, value, after) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value || (after && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const NATURAL = new Intl.Collator("en", { numeric: true });

/** Names in the order of the search space, then by number, then by letter. */
function orderedNames(column, kind, alive, zoomed) {
  const present = new Map();
  for (let i = 0; i < alive.length; i += 1) {
    if (alive[i] && column.nameSlots[i] === 0) present.set(column.names[i], column.raw[i]);
  }
  const listed = (column.parameter?.values ?? []).map((value) => (
    typeof value === "object" && value !== null ? JSON.stringify(value) : String(value)
  ));
  const known = kind === "boolean" ? ["false", "true"] : sameNumbers(listed, column.parameter);
  const first = known.filter((name) => !zoomed || present.has(name));
  const others = [...present.keys()].filter((name) => !known.includes(name));
  others.sort((a, b) => {
    const [x, y] = [present.get(a), present.get(b)];
    return typeof x === "number" && typeof y === "number" ? x - y : NATURAL.compare(a, b);
  });
  return [...first, ...others];
}

function sameNumbers(listed, parameter) {
  const isNumeric = (parameter?.values ?? []).every((value) => typeof value === "number");
  return isNumeric ? [...listed].sort((a, b) => a - b) : listed;
}

function namedScale(column, kind, alive, zoomed) {
  column.named();
  const names = orderedNames(column, kind, alive, zoomed);
  const place = new Map(names.map((name, k) => [name, k]));
  const n = Math.max(1, names.length);
  return {
    kind,
    named: true,
    names,
    place,
    unit: (i) => {
      const k = column.nameSlots[i] === 0 ? place.get(column.names[i]) : undefined;
      return k === undefined ? NaN : (k + 0.5) / n;
    },
    slot: (i) => column.nameSlots[i],
    unitOf: (name) => ((place.get(name) ?? 0) + 0.5) / n,
    valueAt: (unit) => names[Math.min(n - 1, Math.max(0, Math.floor(unit * n)))],
    ticks: () => names.map((name, k) => ({ unit: (k + 0.5) / n, label: name || "(empty)" })),
  };
}

export function linearTicks(low, high, n) {
  const rough = (high - low) / Math.max(1, n);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}

function logTicks(low, high, n) {
  const decades = Math.log10(high / low);
  const multiples = decades > n ? [1] : decades > n / 2 ? [1, 3] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const multiple of multiples) {
      const value = Number(`${multiple}e${power}`);
      if (value >= low * 0.999999 && value <= high * 1.000001) ticks.push(value);
    }
  }
  return ticks.length >= 2 ? ticks : linearTicks(low, high, n).filter((value) => value > 0);
}

const TIME_STEPS = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 172800,
  604800, 2592000, 7776000, 31536000].map((seconds) => seconds * 1000);

function timeTicks(low, high, n) {
  const step = TIME_STEPS.find((s) => s >= (high - low) / n) ?? TIME_STEPS.at(-1);
  const offset = new Date(low).getTimezoneOffset() * 60_000;
  const ticks = [];
  for (let at = Math.ceil((low - offset) / step) * step + offset; at <= high; at += step) {
    ticks.push(at);
  }
  return ticks;
}
