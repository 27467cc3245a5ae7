/**
 * What kind of quantity a key's numbers are, and how each kind is written: the one place where a
 * logged or measured value becomes words. `_timestamp` is a moment, `_runtime` a time taken,
 * `system.gpu.0.powerWatts` has a unit and a name people know.
 */
import { formatDuration, formatNumber, formatSize, formatTime, formatValue, SLOT_LABELS } from "./values.js";

const PARTS = { cpu: "CPU", gpu: "GPU", tpu: "TPU", proc: "process", temp: "temperature", rss: "memory",
  recv: "received",
  sent: "sent", sm: "SM", memory: "memory", usage: "used", percent: "", gpupercent: "", allocated: "allocated",
  utilization: "use", in: "read", out: "written" };

/* The end of a system metric's name tells its unit; the longest that fits counts. */
const ENDINGS = [
  [/(?:_percent|Percent|percent)$/, "percent"], [/Bytes$|_bytes$/, "size"], [/(?:MB)$/, "megabytes"],
  [/(?:GB)$/, "gigabytes"], [/(?:Watts)$/, "watts"], [/\.temp$/, "celsius"], [/(?:Clock)$/, "megahertz"],
  [/\.(?:sent|recv)$/, "size"], [/\.(?:in|out)$/, "megabytes"],
  [/(?:^system\.cpu|\.gpu|\.memory|\.memoryAllocated|Utilization|fanSpeed)$/, "percent"],
];

/** The kind of a key's numbers; "number" when nothing is known of it. */
export function kindOf(key) {
  if (/(?:^|[/._])_?timestamp$/.test(key)) return "time";
  if (/^_runtime$|^_wandb\.runtime$/.test(key)) return "duration";
  if (key.startsWith("system.")) return ENDINGS.find(([ending]) => ending.test(key))?.[1] ?? "number";
  if (/(?:^|[/._])(?:n_|num_)?bytes$/.test(key)) return "size";
  if (/(?:^|[/._])(?:seconds|duration_s|elapsed_s|time_s)$/.test(key)) return "duration";
  return "number";
}

const WRITE = {
  number: (value) => formatNumber(value),
  duration: (value) => formatDuration(value),
  size: (value) => formatSize(value),
  megabytes: (value) => formatSize(value * 1e6),
  gigabytes: (value) => formatSize(value * 1e9),
  percent: (value) => `${formatNumber(value, 3)} %`,
  celsius: (value) => `${formatNumber(value, 3)} °C`,
  watts: (value) => `${formatNumber(value, 3)} W`,
  megahertz: (value) => `${formatNumber(value)} MHz`,
};

/** Any value of a key, in words. */
export function write(key, value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return formatValue(value);
  const kind = kindOf(key);
  if (kind === "time") return formatTime(inMilliseconds(value), 90_000_000);
  return WRITE[kind](value);
}

/** Seconds since 1970, or what some scripts write: milliseconds. */
const inMilliseconds = (value) => (value > 1e11 ? value : value * 1000);

/** The unit of a key's numbers as they stand in a chart; empty when they have none. */
export function unitOf(key) {
  return { percent: "%", megabytes: "MB", gigabytes: "GB", size: "bytes", celsius: "°C", watts: "W", megahertz: "MHz",
    duration: "s" }[kindOf(key)] ?? "";
}

/** A system metric as people name it: "GPU 0 power", "process memory"; other keys stay as they are. */
export function nameOfKey(key) {
  if (!key.startsWith("system.")) return key;
  const words = key.slice("system.".length).replace(/\\\//g, "/")
    .replace(/(?:_percent|Percent|Bytes|MB|GB|Watts)$/, "").split(/\.(?!$)/)
    .flatMap((part) => (part.startsWith("/") ? [part] : part.replace(/([a-z])([A-Z])/g, "$1 $2").split(/[ _]/)))
    .map((word) => PARTS[word.toLowerCase()] ?? (word.startsWith("/") ? word : word.toLowerCase()))
    .filter((word, k, all) => word && word !== all[k - 1]);
  if (/^(?:GPU|CPU)(?: \d+)?(?: GPU)?$/.test(words.join(" ")))
    return `${words[0]}${/\d/.test(words[1] ?? "") ? ` ${words[1]}` : ""} use`;
  if (!words.length) return key;
  const text = /Watts$/.test(key) ? [...words.filter((word) => word !== "power"), "power"] : words;
  const [first, ...rest] = text;
  return [first[0].toUpperCase() + first.slice(1), ...rest].join(" ");
}

/** A key as the head of a chart: its name, and the unit of its numbers. */
export function titleOf(key) {
  const unit = unitOf(key);
  return unit && key.startsWith("system.") ? `${nameOfKey(key)}, ${unit}` : nameOfKey(key);
}

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const WEEK_S = 7 * 86_400;

/** "just now", "12 min ago", "3 h ago", "2 days ago", then the date. */
export function relative(ms, now = Date.now()) {
  if (!Number.isFinite(ms)) return SLOT_LABELS[1];
  const seconds = Math.round((now - ms) / 1000);
  if (seconds < -60) return formatTime(ms, 90_000_000);
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < WEEK_S)
    return `${Math.round(seconds / 86_400)} day${Math.round(seconds / 86_400) === 1 ? "" : "s"} ago`;
  return new Date(ms).getFullYear() === new Date(now).getFullYear() ? DAY.format(ms) : YEAR.format(ms);
}

/** The exact moment, as it is shown on hover. */
export const exact = (ms) => (Number.isFinite(ms) ? EXACT.format(ms) : "");
