/**
 * Which runs a view shows, in which order and groups: filtered, searched, sorted; which eyes are
 * open; what colour each has. One per set of runs; panels and the list of runs ask it.
 */
import { colourOfRun, numberOf } from "../curves/colours.js";
import { byName } from "../curves/keys.js";
import { eyesOf, keyText, reader, runSetOf, tester } from "./spec.js";

const MOST_DRAWN = 100; // runs drawn at once where the view does not say

export class RunSet {
  /**
   * `runs` as the server sends them. A page may say `within(run)`, whether one is shown at all, and
   * `colourOf(run)`, its colour there.
   */
  constructor(runs) {
    this.setRuns(runs);
  }

  setRuns(runs) {
    this.all = runs;
    this.byId = new Map(runs.map((run) => [run.id, run]));
  }

  /** Follow a view's spec. */
  follow(spec, runSet = runSetOf(spec)) {
    this.spec = spec;
    this.runSet = runSet;
    const passes = tester(runSet.filters);
    const found = searcher(runSet.search);
    const kept = this.all.filter((run) => passes(run) && found(run));
    const pinned = new Set((runSet.pinnedRunIds ?? []).map(slugOf));
    const keys = runSet.sort?.keys?.length ? runSet.sort.keys
      : [{ key: { section: "run", name: "createdAt" }, ascending: false }];
    this.rows = sorted(kept, keys);
    if (pinned.size) this.rows = [...this.rows.filter((run) => pinned.has(run.id)),
      ...this.rows.filter((run) => !pinned.has(run.id))];
    this.pinned = pinned;
    this.isOpen = eyesOf(runSet);
    this.grouping = runSet.grouping ?? [];
    const most = spec.section?.settings?.maxRuns || MOST_DRAWN;
    this.open = this.rows.filter((run) => this.isOpen(run.id) && (!this.within || this.within(run)));
    this.drawn = this.open.slice(0, most);
    this.most = most;
    return this;
  }

  colour(run) {
    const given = this.spec.section?.customRunColors?.[run.id];
    return typeof given === "string" && given ? given : this.colourOf?.(run)
      ?? colourOfRun(run.number ?? numberOf(run.id));
  }

  get isGrouped() {
    return this.grouping.length > 0;
  }

  /** The name of a run's group. */
  groupOf(run, grouping = this.grouping) {
    return grouping.map((key) => `${keyText(key).split(":")[1]}: ${text(reader(key)(run))}`).join(", ");
  }

  groupColour(name) {
    return colourOfRun(numberOf(name));
  }
}

/** The run's id in what the client writes for a pinned run. */
export function slugOf(text_) {
  try {
    const [kind, , slug] = atob(text_).split(":");
    if (kind === "Run" && slug) return slug;
  } catch {
    /* the id itself */
  }
  return text_;
}

function searcher(search) {
  const query = search?.query ?? "";
  if (!query) return () => true;
  const haystack = (run) => `${run.name} ${run.id} ${(run.tags ?? []).join(" ")} ${run.notes ?? ""} ${run.state}`;
  if (search.isRegex) {
    try {
      const wanted = new RegExp(query, "i");
      return (run) => wanted.test(haystack(run));
    } catch {
      return () => true;
    }
  }
  const words = query.toLowerCase().split(/\s+/);
  return (run) => words.every((word) => haystack(run).toLowerCase().includes(word));
}

function sorted(runs, keys) {
  const columns = keys.map(({ key, ascending }) => ({ read: reader(key), sign: ascending ? 1 : -1 }));
  const values = new Map(runs.map((run) => [run, columns.map(({ read }) => read(run))]));
  return [...runs].sort((a, b) => {
    const [one, other] = [values.get(a), values.get(b)];
    for (let k = 0; k < columns.length; k += 1) {
      const order = compare(one[k], other[k], columns[k].sign);
      if (order) return order;
    }
    return (b.number ?? 0) - (a.number ?? 0);
  });
}

/** Numbers before texts, nothing last, whatever the direction. */
function compare(a, b, sign) {
  const [noA, noB] = [isNothing(a), isNothing(b)];
  if (noA || noB) return noA - noB;
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return sign * byName(String(a), String(b));
}
const isNothing = (value) => value === null || value === undefined || value === "NaN" || Number.isNaN(value);

function text(value) {
  if (value === null || value === undefined) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
