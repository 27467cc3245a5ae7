/**
 * A view's spec, the document that `wandb-workspaces` writes. Pages read and change it in place;
 * what they do not know stays as it was. What the document has no word for lies under `sweepd`.
 */
import { newId } from "./ids.js";

export const LINE = "Run History Line Plot";
const BOX = { snapToColumns: true, columnsPerPage: 3, rowsPerPage: 2, gutterWidth: 16, boxWidth: 460, boxHeight: 300 };

/** The spec of a view that nobody has changed yet. */
export function emptySpec() {
  return { section: {
    panelBankConfig: { state: 1,
      settings: { autoOrganizePrefix: 1, showEmptySections: false, sortAlphabetically: false },
      sections: [] },
    panelBankSectionConfig: { name: "Report Panels", isOpen: false, panels: [], type: "grid", flowConfig: { ...BOX },
      sorted: 0, localPanelSettings: localSettings(), pinned: false },
    customRunColors: {}, name: "", runSets: [emptyRunSet()],
    settings: { ...localSettings(), shouldAutoGeneratePanels: true }, openRunSet: 0, openViz: true },
  vizExpanded: false, libraryExpanded: true };
}

export function localSettings() {
  return { smoothingWeight: 0, smoothingType: "none", xAxis: "_step", ignoreOutliers: false,
    useRunsTableGroupingInPanels: true, smoothingActive: false, xAxisActive: false };
}

export function emptyRunSet() {
  return { id: newId(), runFeed: { version: 2, columnVisible: {}, columnPinned: {}, columnWidths: {}, columnOrder: [],
    pageSize: 10, onlyShowSelected: false }, enabled: true, name: "Run set", search: { query: "" },
  filters: { filterFormat: "filterV2", filters: [] }, grouping: [],
  sort: { keys: [{ key: { section: "run", name: "createdAt" }, ascending: false }] },
  selections: { root: 1, bounds: [], tree: [] }, expandedRowAddresses: [] };
}

/** The first set of runs of a view; made when the document has none. */
export function runSetOf(spec) {
  spec.section.runSets ??= [];
  if (!spec.section.runSets.length) spec.section.runSets.push(emptyRunSet());
  return spec.section.runSets[0];
}

/** What we keep beside the client's words. */
export function oursOf(spec) {
  spec.sweepd ??= {};
  return spec.sweepd;
}

const idsIn = (tree) => (tree ?? []).flatMap((node) => (typeof node === "string" ? [node] : node.children ?? []));

/** Says of a run whether its eye is open: root 1 lists the closed ones, root 0 the open ones. */
export function eyesOf(runSet) {
  const listed = new Set(idsIn(runSet.selections?.tree));
  const isOpenAtFirst = (runSet.selections?.root ?? 1) !== 0;
  return (id) => listed.has(id) !== isOpenAtFirst;
}

/** Open or close the eyes of some runs. */
export function setEyes(runSet, ids, isOpen) {
  runSet.selections ??= { root: 1, bounds: [], tree: [] };
  const { selections } = runSet;
  const listed = new Set(idsIn(selections.tree));
  const isListed = ((selections.root ?? 1) !== 0) !== isOpen;
  for (const id of ids) {
    if (isListed) listed.add(id);
    else listed.delete(id);
  }
  selections.tree = [...listed];
}

/** Open only these. */
export function onlyEyes(runSet, ids) {
  runSet.selections = { ...runSet.selections, root: 0, bounds: [], tree: [...ids] };
}

export function allEyes(runSet) {
  runSet.selections = { ...runSet.selections, root: 1, bounds: [], tree: [] };
}

const RUN_KEYS = { displayName: (run) => run.name || run.id, name: (run) => run.id, id: (run) => run.id,
  state: (run) => run.state, createdAt: (run) => run.created_at, heartbeatAt: (run) => run.ended_at ?? run.started_at,
  duration: (run) =>
    (run.started_at ? (Date.parse(run.ended_at ?? new Date().toISOString()) - Date.parse(run.started_at)) / 1000
      : null),
  username: (run) => run.user, user: (run) => run.user, group: (run) => run.group, sweep: (run) => run.sweep,
  notes: (run) => run.notes, host: (run) => run.agent, tags: (run) => run.tags, jobType: (run) => run.job_type };

/** Reads what a key {section, name} of the document stands for from a run. */
export function reader({ section, name }) {
  if (section === "config") return valueIn("config", name.replace(/\.value$/, ""));
  if (section === "summary" || section === "summary_metrics") return valueIn("summary", name);
  if (section === "tags") return (run) => (run.tags ?? []).includes(name);
  return RUN_KEYS[name] ?? (() => undefined);
}

function valueIn(part, name) {
  const inner = name.replace(".value.", "."); // the client writes lr.value and net.value.depth
  return (run) => run[part]?.[name] ?? run[part]?.[inner];
}

/** A key as one text, `config:lr`; and back. */
export const keyText = ({ section, name }) => `${section}:${name.replace(/\.value$/, "")}`;

export function keyOf(text) {
  const at = text.indexOf(":");
  const [section, name] = [text.slice(0, at), text.slice(at + 1)];
  return { section, name: section === "config" ? `${name}.value` : name };
}

/** An accessor of a panel, `config:lr.value`, `summary:loss` or a bare metric, as a key. */
export function accessor(text) {
  const match = /^(config|summary|run|c|s|r):(.*)$/.exec(text ?? "");
  if (!match) return { section: "summary", name: text ?? "" };
  return { section: { c: "config", s: "summary", r: "run" }[match[1]] ?? match[1], name: match[2] };
}

const OPS = {
  "=": (a, b) => same(a, b), "==": (a, b) => same(a, b), "!=": (a, b) => !same(a, b),
  ">=": (a, b) => a >= b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, "<": (a, b) => a < b,
  IN: (a, b) => asList(b).some((item) => same(a, item)), NIN: (a, b) => !asList(b).some((item) => same(a, item)),
  WITHINSECONDS: (a, b) => Date.now() - Date.parse(a) <= Number(b) * 1000,
  CONTAINS: (a, b) => String(a ?? "").includes(String(b)),
  REGEX: (a, b) => { try { return new RegExp(b).test(String(a ?? "")); } catch { return false; } },
};
const asList = (value) => (Array.isArray(value) ? value : [value]);

function same(a, b) {
  if (Array.isArray(a)) return a.some((item) => same(item, b));
  return a === b || (a !== null && a !== undefined && b !== null && String(a) === String(b))
    || ((a ?? null) === null && (b ?? null) === null);
}

/** A test of runs from filters in either form of the document. */
export function tester(filters) {
  const items = filters?.filters ?? [];
  if (filters?.filterFormat === "filterV2") return flat(items);
  return tree(filters);
}

function one(item) {
  if (item.filters) return flat(item.filters);
  if (item.disabled || !item.key) return null;
  const [read, op] = [reader(item.key), OPS[item.op]];
  return op ? (run) => op(read(run), item.value) : null;
}

/** `a AND b OR c AND d`: AND binds closer. */
function flat(items) {
  const groups = [[]];
  for (const item of items) {
    const test = one(item);
    if (item.connector === "OR" && groups.at(-1).length) groups.push([]);
    if (test) groups.at(-1).push(test);
  }
  const full = groups.filter((group) => group.length);
  return full.length ? (run) => full.some((group) => group.every((test) => test(run))) : () => true;
}

function tree(node) {
  if (!node) return () => true;
  if (node.op !== "AND" && node.op !== "OR") return one(node) ?? (() => true);
  const tests = (node.filters ?? []).map(tree);
  if (!tests.length) return () => true;
  return node.op === "AND" ? (run) => tests.every((test) => test(run)) : (run) => tests.some((test) => test(run));
}
