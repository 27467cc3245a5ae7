/**
 * Smoothing of a curve. Values that are not finite stay gaps, and what comes after a gap goes on
 * from what came before it.
 */

/** The kinds as the client writes them into a view's spec. */
export const KINDS = [
  ["exponentialTimeWeighted", "Time-weighted EMA"],
  ["exponential", "Exponential average"],
  ["average", "Running mean"],
  ["gaussian", "Gaussian"],
  ["none", "No smoothing"],
];

/** Whether the weight is a share (0 to 1) and not a number of points. */
export const isShare = (kind) => kind.startsWith("exponential");

const VIEWPORT = 1000; // the x range counts so many steps for the time-weighted average

/**
 * The smoothed values. `weight` is 0 to 1 for the exponential kinds; for the running mean and the
 * Gaussian it is a number of points (the width of the window, the standard deviation).
 */
export function smoothed(x, y, kind, weight) {
  if (!weight || kind === "none" || y.length < 2) return y;
  if (kind === "average") return windowed(y, weight);
  if (kind === "gaussian") return gaussian(y, weight);
  const isTimed = kind === "exponentialTimeWeighted";
  const found = new Float64Array(y.length);
  const range = x[x.length - 1] - x[0] || 1;
  const strength = isTimed ? Math.min(Math.sqrt(weight), 0.999) : Math.min(weight, 0.999);
  let [last, mass, before] = [0, 0, x[0]];
  for (let i = 0; i < y.length; i += 1) {
    if (!Number.isFinite(y[i])) {
      found[i] = NaN;
      continue;
    }
    const keep = isTimed && mass ? strength ** (((x[i] - before) / range) * VIEWPORT) : strength;
    last = last * keep + y[i];
    mass = mass * keep + 1;
    before = x[i];
    found[i] = last / mass;
  }
  return found;
}

function windowed(y, width) {
  const found = new Float64Array(y.length);
  const half = Math.max(0, Math.floor((Math.round(width) - 1) / 2));
  const sums = new Float64Array(y.length + 1);
  const counts = new Uint32Array(y.length + 1);
  for (let i = 0; i < y.length; i += 1) {
    const isNumber = Number.isFinite(y[i]);
    sums[i + 1] = sums[i] + (isNumber ? y[i] : 0);
    counts[i + 1] = counts[i] + (isNumber ? 1 : 0);
  }
  for (let i = 0; i < y.length; i += 1) {
    const [from, to] = [Math.max(0, i - half), Math.min(y.length, i + half + 1)];
    found[i] = Number.isFinite(y[i]) ? (sums[to] - sums[from]) / (counts[to] - counts[from]) : NaN;
  }
  return found;
}

function gaussian(y, deviation) {
  const reach = Math.min(y.length, Math.ceil(deviation * 3));
  const weights = Array.from({ length: reach + 1 }, (_, k) => Math.exp(-(k * k) / (2 * deviation * deviation)));
  const found = new Float64Array(y.length);
  for (let i = 0; i < y.length; i += 1) {
    let [sum, mass] = [0, 0];
    for (let k = Math.max(0, i - reach); k <= Math.min(y.length - 1, i + reach); k += 1) {
      if (!Number.isFinite(y[k])) continue;
      const weight = weights[Math.abs(k - i)];
      sum += weight * y[k];
      mass += weight;
    }
    found[i] = Number.isFinite(y[i]) && mass ? sum / mass : NaN;
  }
  return found;
}
