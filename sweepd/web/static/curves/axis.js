/** An axis of a plot: from values to a share of its length, and where its marks stand. */
import { formatDuration, formatMarks, formatNumber, formatTime } from "../common/values.js";

const SECONDS = [0.001, 0.01, 0.1, 1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 21600, 43200, 86400,
  172800, 604800, 1209600, 2592000, 7776000, 31536000];

/** Values between `low` and `high`; `kind` is number, whole, time (seconds since 1970) or duration. */
export class Axis {
  constructor(low, high, { isLog = false, kind = "number" } = {}) {
    this.isLog = isLog && high > 0;
    this.kind = kind;
    if (this.isLog && !(low > 0)) low = high / 1e6;
    if (!(high > low)) [low, high] = widened(low, this.isLog, kind);
    Object.assign(this, { low, high });
    this.start = this.to(low);
    this.span = this.to(high) - this.start || 1;
  }

  to(value) {
    return this.isLog ? Math.log10(value) : value;
  }

  /** 0 at the low end, 1 at the high; NaN where the axis has no place for a value. */
  share(value) {
    return (this.to(value) - this.start) / this.span;
  }

  value(share) {
    const at = this.start + share * this.span;
    return this.isLog ? 10 ** at : at;
  }

  text(value) {
    if (this.kind === "time") return formatTime(value * 1000, (this.high - this.low) * 1000);
    return this.kind === "duration" ? formatDuration(value) : formatNumber(value);
  }

  /** About `most` marks: {share, label}. */
  ticks(most) {
    const values = this.isLog ? decades(this.low, this.high, most)
      : this.kind === "whole" ? whole(this.low, this.high, most)
        : this.kind === "number" ? even(this.low, this.high, most) : spans(this.low, this.high, most);
    const isPlain = this.kind === "number" || this.kind === "whole";
    const labels = isPlain ? formatMarks(values) : values.map((value) => this.text(value));
    return values.map((value, k) => ({ share: this.share(value), label: labels[k] }));
  }
}

/** A range about one value; about a moment, half a minute on either side: a share of it would be years. */
function widened(value, isLog, kind) {
  if (!Number.isFinite(value)) return [0, 1];
  if (kind === "time") return [value - 30, value + 30];
  if (isLog) return [value / 2, value * 2];
  const margin = Math.abs(value) * 0.2 || 1;
  return [value - margin, value + margin];
}

function even(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((size) => size >= rough) ?? 10 * power;
  return multiples(low, high, step);
}

/** Steps are whole: half a step is no place. */
function whole(low, high, most) {
  return high - low < most ? multiples(low, high, 1) : even(low, high, most).filter(Number.isInteger);
}

function spans(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  return multiples(low, high, SECONDS.find((size) => size >= rough)
    ?? SECONDS.at(-1) * Math.ceil(rough / SECONDS.at(-1)));
}

function multiples(low, high, step) {
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9 && found.length < 50; k += 1) {
    found.push(Number((k * step).toPrecision(12)));
  }
  return found;
}

function decades(low, high, most) {
  const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (to - from < 1) return even(low, high, most).filter((value) => value > 0);
  const every = Math.max(1, Math.ceil((to - from + 1) / Math.max(1, most)));
  const found = [];
  for (let k = from; k <= to; k += every) found.push(10 ** k);
  return found;
}
