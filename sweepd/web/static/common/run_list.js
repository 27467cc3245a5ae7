import { unpack } from "./rows.js";

/**
 * A document {sweep, runs, at} brought up to date: the server sends it whole, or what changed since
 * `at`. Returns the new document, the one given when nothing changed, or null when the two do not
 * fit and all must be asked for again.
 */
export function merged(document, answer) {
  if (!answer.changed) return unpack(answer);
  const known = new Map(document.runs.map((run) => [run.id, run]));
  const fresh = new Map(answer.changed.filter((run) => !isSame(run, known.get(run.id))).map((run) => [run.id, run]));
  const there = new Set(answer.changed.map((run) => run.id));
  const gone = new Set(answer.gone.filter((id) => known.has(id) && !there.has(id)));
  if (known.size - gone.size + [...fresh.keys()].filter((id) => !known.has(id)).length !== answer.n) return null;
  if (!fresh.size && !gone.size && isSame(document.sweep, answer.sweep)) {
    document.at = answer.at;
    return document;
  }
  const kept = document.runs.filter((run) => !gone.has(run.id)).map((run) => fresh.get(run.id) ?? run);
  const added = [...fresh.values()].filter((run) => !known.has(run.id));
  return { sweep: answer.sweep, runs: [...kept, ...added], at: answer.at };
}

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
