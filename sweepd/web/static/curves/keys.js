/** Names of logged keys: their natural order, their sections, and what they are drawn over. */
const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** h2 before h10, and upper and lower case side by side. */
export const byName = (a, b) => natural.compare(a, b);

const FIRST = ["val", "valid", "validation", "eval", "epoch", "train", "test"]; // the last is mostly one number a run

/** The part of a key that names its section: what stands before its first (or last) slash. */
export function prefixOf(key, part = "first") {
  if (key.startsWith("system.") || key.startsWith("system/")) return "System";
  const at = part === "last" ? key.lastIndexOf("/") : key.indexOf("/");
  return at > 0 ? key.slice(0, at) : "Charts";
}

function rank(section, main) {
  if (section === "System") return 1000;
  if (section === main) return 0;
  const place = FIRST.indexOf(section.toLowerCase());
  if (place >= 0) return 2 + place;
  return section === "Charts" ? 20 : 50;
}

/** Whether a key only counts steps, so that its curve says little. */
export const isCounter = (key) => /(^|[/._])(epoch|step|global_step|iteration|batch)$/i.test(key);

/** [section, keys] in the order they are shown; `main` is the metric of the sweep. */
export function sections(keys, { main = null, part = "first" } = {}) {
  const groups = new Map();
  for (const key of keys) {
    const name = prefixOf(key, part);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(key);
  }
  const mainSection = main === null ? null : prefixOf(main, part);
  for (const list of groups.values())
    list.sort((a, b) => (b === main) - (a === main) || isCounter(a) - isCounter(b) || byName(a, b));
  return [...groups].sort(([a], [b]) => rank(a, mainSection) - rank(b, mainSection) || byName(a, b));
}

/** The key that `define_metric` says a key is drawn over; null when it says nothing. */
export function definedX(key, steps) {
  if (key in steps) return steps[key];
  let [found, length] = [null, -1];
  for (const [glob, over] of Object.entries(steps)) {
    if (!glob.endsWith("*") || !key.startsWith(glob.slice(0, -1)) || key === over) continue;
    if (glob.length > length) [found, length] = [over, glob.length];
  }
  return found;
}

const NAMES = { _step: "step", _runtime: "relative time", _timestamp: "time", Step: "step" };

/** How an x axis is named to people, and what kind of values it has. */
export function nameOfX(x) {
  return NAMES[x] ?? x;
}

export function kindOfX(x) {
  return { _step: "whole", _timestamp: "time", _runtime: "duration" }[x] ?? "number";
}
