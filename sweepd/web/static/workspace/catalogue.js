/** What the runs of a project have: the keys of their numbers, config, summary, media. */
import { byName } from "../curves/keys.js";

const WORDS = new Set(["NaN", "Infinity", "-Infinity"]);
const FACTS = [["run:displayName", "name"], ["run:name", "id"], ["run:state", "state"],
  ["run:createdAt", "created"], ["run:duration", "duration"],
  ["run:group", "group"], ["run:username", "user"], ["run:sweep", "sweep"], ["run:host", "machine"],
  ["run:tags", "tags"]];

const isNumber = (value) => typeof value === "number" || WORDS.has(value);

/**
 * {numbers, system, media, steps, metric, config, summary, all}: `numbers` are keys with curves,
 * `all` is [{text, label, isNumber}] of what can be filtered, grouped and sorted by.
 */
export function catalogueOf(runs, logged, metric = null) {
  const [config, summary] = [new Map(), new Map()];
  for (const run of runs) {
    for (const [part, found] of [[run.config, config], [run.summary, summary]]) {
      for (const key in part) if (!key.startsWith("_") && (!found.has(key) || !found.get(key)))
        found.set(key, isNumber(part[key]));
    }
  }
  const names = (found) => [...found.keys()].sort(byName);
  const numbers = names(summary).filter((key) => summary.get(key));
  const known = runs.length ? logged : { ...logged, system: [], media: {}, charts: {} }; // others' are not theirs
  return { numbers, system: known.system, media: known.media, charts: known.charts ?? {},
    steps: logged.steps, metric, config: names(config), summary: numbers,
    all: [...names(summary).map((key) => ({ text: `summary:${key}`, label: key, isNumber: summary.get(key) })),
      ...names(config).map((key) => ({ text: `config:${key}`, label: `${key} (config)`, isNumber: config.get(key) })),
      ...FACTS.map(([text, label]) => ({ text, label, isNumber: false }))] };
}
