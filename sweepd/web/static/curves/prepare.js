/**
 * From what was logged to what is drawn: smoothing, groups of runs as a mean with a band, the range
 * of the values that are shown.
 */
import { smoothed } from "./smoothing.js";

/**
 * Lines of a panel. Each given line is {id, label, colour, x, y, …}; of each comes the same with
 * `y` smoothed and, where wanted, `raw` as it was.
 */
export function smoothLines(lines, { kind = "none", weight = 0, showRaw = true } = {}) {
  if (!weight || kind === "none") return lines;
  return lines.map((line) => ({ ...line, y: smoothed(line.x, line.y, kind, weight), raw: showRaw ? line.y : null }));
}

const GRID = 240; // points of a group's mean

/**
 * Lines of the same group as one: `groupOf(line)` names it. `middle` is mean, min, max or median,
 * `band` is minmax, stddev, stderr or none. Runs that ended earlier count as far as they go.
 */
export function groupLines(lines, groupOf, { middle = "mean", band = "minmax" } = {}) {
  const groups = new Map();
  for (const line of lines) {
    const name = groupOf(line);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(line);
  }
  return [...groups].map(([name, members]) => groupOne(name, members, middle, band));
}

function groupOne(name, members, middle, band) {
  const grid = gridOf(members);
  const n = grid.length;
  const [y, low, high] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const places = members.map(() => 0);
  for (let i = 0; i < n; i += 1) {
    const values = [];
    members.forEach((line, k) => {
      places[k] = reach(line.x, grid[i], places[k]);
      const value = between(line, grid[i], places[k]);
      if (Number.isFinite(value)) values.push(value);
    });
    [y[i], low[i], high[i]] = summary(values, middle, band);
  }
  return { ...members[0], id: `group:${name}`, group: name, members, label: name, x: grid, y, raw: null,
    n: members.length,
    low: band === "none" ? null : low, high: band === "none" ? null : high };
}

function gridOf(members) {
  const all = new Set();
  for (const line of members) for (const value of line.x) if (Number.isFinite(value)) all.add(value);
  const sorted = Float64Array.from(all).sort();
  if (sorted.length <= GRID) return sorted;
  const [first, last] = [sorted[0], sorted.at(-1)];
  return Float64Array.from({ length: GRID }, (_, i) => first + ((last - first) * i) / (GRID - 1));
}

function reach(x, value, from) {
  let at = from;
  while (at + 1 < x.length && x[at + 1] <= value) at += 1;
  return at;
}

function between({ x, y }, at, k) {
  if (!x.length || at < x[0] || at > x[x.length - 1]) return NaN;
  if (k + 1 >= x.length || x[k] === at) return y[k];
  return y[k] + ((y[k + 1] - y[k]) * (at - x[k])) / (x[k + 1] - x[k] || 1);
}

/** [middle, low, high] of some values. */
export function summary(values, middle = "mean", band = "minmax") {
  if (!values.length) return [NaN, NaN, NaN];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    / Math.max(1, values.length - 1));
  const centre = { min: least, max: most, median: median(values), sum: mean * values.length }[middle] ?? mean;
  if (band === "stddev") return [centre, mean - spread, mean + spread];
  const error = spread / Math.sqrt(values.length);
  return band === "stderr" ? [centre, mean - error, mean + error] : [centre, least, most];
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The range of all x, and of the y within it: {x: [low, high], y: [low, high]}; null for none. */
export function rangeOf(lines, { x: within = null, logX = false, logY = false, ignoreOutliers = false } = {}) {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  const values = [];
  for (const line of lines) {
    for (let i = 0; i < line.x.length; i += 1) {
      const at = line.x[i];
      if (!Number.isFinite(at) || (logX && at <= 0)) continue;
      if (within && (at < (within[0] ?? -Infinity) || at > (within[1] ?? Infinity))) continue;
      if (at < left) left = at;
      if (at > right) right = at;
      for (const value of [line.y[i], line.low?.[i], line.high?.[i]]) {
        if (!Number.isFinite(value) || (logY && value <= 0)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
        if (ignoreOutliers) values.push(value);
      }
    }
  }
  if (ignoreOutliers && values.length > 20) {
    const sorted = Float64Array.from(values).sort();
    [low, high] = [sorted[Math.floor(sorted.length * 0.05)], sorted[Math.ceil(sorted.length * 0.95) - 1]];
  }
  return { x: left <= right ? [left, right] : null, y: low <= high ? [low, high] : null };
}

/** The place in `x`, which rises, of the value nearest to `at`; -1 when there is none. */
export function nearest(x, at) {
  let [low, high] = [0, x.length - 1];
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle;
    else high = middle;
  }
  return Math.abs(x[high] - at) < Math.abs(at - x[low]) ? high : low;
}

export const USUAL_WIDTH = 1.5; // of a line, pixels of the page
const CROWDED = 6000; // points of a plot

/**
 * How wide a line of a plot of so many points is drawn, in pixels of the page: as asked, but where there are
 * many points none of the usual width is more than a pixel of the screen, which costs a browser a tenth.
 */
export function strokeWidth(asked, points, ratio) {
  return points > CROWDED && asked <= USUAL_WIDTH ? 1 / ratio : asked;
}
