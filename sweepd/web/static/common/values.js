/**
 * What a value is: a number on a scale, a name in a list, or something that has no place on
 * a scale (missing, NaN, infinite) and so gets a slot in the band below the axis.
 */

/** Slots of the band, in the order they are stacked. Index 0 means "on the scale". */
export const SLOTS = ["", "missing", "nan", "neginf", "inf", "nonpositive", "text"];
export const SLOT_LABELS = ["", "no value", "NaN", "−∞", "+∞", "≤ 0", "text"];
const [MISSING, NAN, NEGATIVE_INFINITY, INFINITE, , TEXT] = [1, 2, 3, 4, 5, 6];
export const NONPOSITIVE = 5;

/** JSON has no NaN and no infinity: the server sends these three as words. */
const WORDS = new Map([
  ["NaN", NAN], ["Infinity", INFINITE], ["-Infinity", NEGATIVE_INFINITY],
]);

/** The slot a value falls into on a numeric axis; 0 when it is a finite number. */
export function numericSlot(value) {
  if (value === null || value === undefined) return MISSING;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return 0;
    return Number.isNaN(value) ? NAN : value > 0 ? INFINITE : NEGATIVE_INFINITY;
  }
  return WORDS.get(value) ?? TEXT;
}

/** The slot a value falls into on an axis of names: only what is no value at all. */
export function namedSlot(value) {
  const slot = numericSlot(value);
  return slot === TEXT ? 0 : slot;
}

/** How a value is written as a name: lists and objects as JSON, null as an empty string. */
export function nameOf(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length && value.every((item) => typeof item === "string")) {
    return value.join(", ");
  }
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

const COMPACT = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A number in at most `digits` significant digits, never longer than it needs to be. */
export function formatNumber(value, digits = 4) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) {
    return Number(value.toPrecision(digits)).toExponential().replace("e+", "e").replace("-", "−")
      .replace("e-", "e−");
  }
  if (Number.isInteger(value)) return WHOLE.format(value).replace("-", "−");
  if (digits === 4) return COMPACT.format(value).replace("-", "−");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

/** Numbers beside each other on an axis: as few digits beyond four as tell them all apart. */
export function formatMarks(values) {
  for (let digits = 4; ; digits += 1) {
    const labels = values.map((value) => formatNumber(value, digits));
    if (digits === 12 || new Set(labels).size === new Set(values).size) return labels;
  }
}

/** Any value, for a cell of the table or the card that follows the pointer. */
export function formatValue(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return formatNumber(value);
  if (WORDS.has(value)) return SLOT_LABELS[WORDS.get(value)];
  return nameOf(value);
}

/** Seconds as people say them: 45 s, 12 min, 3 h 05 min, 2 d 4 h. */
export function formatDuration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit",
  hourCycle: "h23" });
const PRECISE = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

/** A moment (milliseconds) as short as the span around it allows. */
export function formatTime(ms, spanMs = 0) {
  if (!Number.isFinite(ms)) return "–";
  if (spanMs > 300 * 86_400_000) return YEAR.format(ms);
  if (spanMs > 3 * 86_400_000) return DAY.format(ms);
  if (spanMs > 86_400_000) return `${DAY.format(ms)} ${CLOCK.format(ms)}`;
  return (spanMs > 0 && spanMs < 300_000 ? PRECISE : CLOCK).format(ms);
}

/** Bytes as people say them: 812 B, 6.9 MB. */
export function formatSize(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let k = 0;
  let size = Math.abs(bytes);
  while (size >= 999.5 && k < units.length - 1) {
    size /= 1000;
    k += 1;
  }
  return `${bytes < 0 ? "−" : ""}${k && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[k]}`;
}

/** "3 runs", "1 run", "1,204 runs". */
export function count(n, noun) {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}
