/** What the runs of a project have: the keys of their numbers, config, summary, media. */
import { byName } from "../curves/keys.js";

const WORDS = new Set(["NaN", "Infinity", "-Infinity"]);
const FACTS = [["run:displayName", "name"], ["run:name", "id"], ["run:state", "state"],
  ["run:createdAt", "created"], ["run:duration", "duration"],
  ["run:group", "group"], ["run:username", "user"], ["run:sweep", "sweep"], ["run:host", "machine"],
  ["run:tags", "tags"]];

const isNumber = (value) => typeof value === "number" || WORDS.has(value);

/**
 * {numbers, system, media, charts, steps, metric, config, summary, all}: `numbers`, `system`, `media`
 * and `charts` are what the runs of `shown` logged, of which panels come by themselves (`logged` is
 * what `…/keys` answered of them); the rest is of all `runs`: who filters names what the filtered
 * have, too. `all` is [{text, label, isNumber}] of what can be filtered, grouped and sorted by.
 */
export function catalogueOf(runs, logged, metric = null, shown = runs) {
  const [config, summary, drawn] = [new Map(), new Map(), new Map()];
  for (const run of runs) {
    note(config, run.config);
    note(summary, run.summary);
  }
  if (shown !== runs) for (const run of shown) note(drawn, run.summary);
  const names = (found) => [...found.keys()].sort(byName);
  const numbers = (found) => names(found).filter((key) => found.get(key));
  const known = shown.length ? logged : { system: [], media: {}, charts: {} }; // others' are not theirs
  return { numbers: numbers(shown === runs ? summary : drawn), system: known.system, media: known.media,
    charts: known.charts ?? {}, steps: logged.steps, metric, config: names(config), summary: numbers(summary),
    all: [...names(summary).map((key) => ({ text: `summary:${key}`, label: key, isNumber: summary.get(key) })),
      ...names(config).map((key) => ({ text: `config:${key}`, label: `${key} (config)`, isNumber: config.get(key) })),
      ...FACTS.map(([text, label]) => ({ text, label, isNumber: false }))] };
}

/** Which keys there are, and whether a number stood under one. */
function note(found, values) {
  for (const key in values) if (!key.startsWith("_") && (!found.has(key) || !found.get(key)))
    found.set(key, isNumber(values[key]));
}
