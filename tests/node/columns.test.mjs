import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, load } from "./pages.mjs";

const { catalogue, defaultAxes, duration, METRIC } = await load("parallel/columns.js");
const { KINDS, KINDS_OF_NUMBERS } = await load("parallel/scales.js");
const kind = (values, parameter) => columnOf(values, parameter).bestKind();

test("a column holds numbers, and slots for what is none", () => {
  const column = columnOf([1, null, "NaN", "text", Infinity]);
  assert.deepEqual([...column.slots], [0, 1, 2, 6, 4]);
  assert.deepEqual([...column.numbers], [1, NaN, NaN, NaN, NaN]);
  assert.deepEqual(column.named().names, ["1", "", "NaN", "text", "Infinity"]);
  assert.deepEqual([...column.nameSlots], [0, 1, 2, 0, 4]);
  assert.equal(column.load([2]).names, null, "read anew");
});

test("the search space decides the kind of axis, then the values", () => {
  assert.equal(kind([true, null, false]), "boolean");
  assert.equal(kind([], { values: [true, false] }), "boolean");
  assert.equal(kind([1, "a"]), "categorical");
  assert.equal(kind([1], { values: [1, 2, 3] }), "categorical");
  const many = Array.from({ length: 13 }, (_, i) => i);
  assert.equal(kind([1], { values: many, scale: "linear" }), "linear");
  assert.equal(kind([1], { values: many.slice(1), scale: "linear" }), "categorical");
  assert.equal(kind([1, 2], { min: 1, max: 2, scale: "log" }), "log");
  assert.equal(columnOf([1], null, "time").bestKind(), "time");
});

test("numbers over decades get a log axis, few whole ones names", () => {
  assert.equal(kind([]), "linear");
  assert.equal(kind([0.001, 0.01, 0.1, 1, 10]), "log");
  assert.equal(kind([0, 0.01, 0.1, 1, 10]), "linear", "0 has no logarithm");
  assert.equal(kind([1, 50, 100]), "linear", "a hundredfold is not yet enough");
  assert.equal(kind([1, 50, 101]), "log");
  assert.equal(kind([9, 10, 8, 1000]), "log", "sorted as numbers");
  assert.equal(kind(Array.from({ length: 16 }, (_, i) => i % 3)), "categorical");
  assert.equal(kind(Array.from({ length: 15 }, (_, i) => i % 3)), "linear");
  assert.equal(kind(Array.from({ length: 40 }, (_, i) => i % 4)), "linear");
  assert.equal(kind(Array.from({ length: 16 }, (_, i) => (i % 3) / 2)), "linear");
});

test("the kinds to choose from", () => {
  assert.deepEqual(columnOf([1]).kinds(), KINDS_OF_NUMBERS);
  assert.deepEqual(columnOf([null], { min: 0 }).kinds(), KINDS_OF_NUMBERS);
  for (const kind of [...KINDS_OF_NUMBERS, "time", "boolean"]) assert.ok(KINDS[kind].label);
  assert.deepEqual(columnOf(["a"]).kinds(), ["categorical"]);
  assert.deepEqual(columnOf([true]).kinds(), ["boolean"]);
  assert.deepEqual(columnOf([1], null, "time").kinds(), ["time", "percentile"]);
});

const RUNS = [
  { config: { lr: 0.1, seed: 3, _private: 1 }, summary: { loss: 1, acc: 0.5, image: { _type: "image-file" } },
    metric: { last: 1, min: 0.5, max: 2 }, state: "finished", n_steps: 4, tags: ["a", "b"],
    created_at: "2026-01-01T00:00:00Z", started_at: "2026-01-01T00:00:00Z", ended_at: "2026-01-01T00:01:30Z" },
  { config: { lr: 0.2 }, summary: null, metric: null, state: "pending" },
];
const SWEEP = {
  metric: { name: "loss", goal: "minimize" },
  parameters: [{ name: "lr", min: 0, max: 1, scale: "linear" }, { name: "fixed", kind: "constant" },
    { name: "one", values: [1] }, { name: "point", min: 2, max: 2 }],
};

test("the catalogue has what runs have: no media, nothing private, the metric once", () => {
  const columns = catalogue({ sweep: SWEEP, runs: RUNS }, "last");
  const ids = [...columns.keys()];
  assert.deepEqual(ids.slice(0, 7), ["config.lr", "config.fixed", "config.one", "config.point", METRIC,
    "config.seed", "summary.acc"]);
  assert.ok(ids.includes("run.tags") && !ids.includes("run.notes") && !ids.includes("run.sweep"));
  assert.ok(!ids.some((id) => /_private|image|summary.loss/.test(id)));
  assert.deepEqual(columns.get("run.tags").load(RUNS).membersOf(0), ["a", "b"]);
  assert.equal(columns.get("run.created").read(RUNS[0]), Date.UTC(2026, 0, 1));
});

test("the metric's number is the one asked for; best follows the goal", () => {
  const read = (aggregate, goal) => catalogue({ sweep: { metric: { name: "loss", goal } }, runs: RUNS }, aggregate)
    .get(METRIC).read(RUNS[0]);
  assert.deepEqual([read("last"), read("min"), read("max")], [1, 0.5, 2]);
  assert.deepEqual([read("best", "minimize"), read("best", "maximize")], [0.5, 2]);
  const columns = catalogue({ sweep: SWEEP, runs: RUNS }, "best");
  assert.equal(columns.get(METRIC).label, "loss (best)");
  assert.equal(columns.get(METRIC).read(RUNS[1]), undefined);
});

test("the first axes are what is searched, then the metric", () => {
  const axes = (sweep) => defaultAxes(catalogue({ sweep, runs: RUNS }, "last"), sweep);
  assert.deepEqual(axes(SWEEP), ["config.lr", METRIC]);
});

test("a run's duration ends with it", () => {
  assert.equal(duration(RUNS[0]), 90);
  assert.equal(duration(RUNS[1]), null);
  assert.equal(duration({ ...RUNS[0], ended_at: null, state: "crashed" }), null);
  assert.ok(duration({ ...RUNS[0], ended_at: null, state: "running" }) > 90);
  assert.equal(duration({ ...RUNS[0], ended_at: "2025-01-01T00:00:00Z" }), 0, "a clock set back");
});

test("a list is the set of its members, unless it is one searched choice", () => {
  const lists = [["a", "b", "a"], [], "x", null];
  const column = columnOf(lists);
  assert.deepEqual(lists.map((_, i) => column.membersOf(i)), [["a", "b"], ["[]"], ["x"], [""]]);
  assert.deepEqual(columnOf(lists, { values: [["a", "b", "a"]] }).membersOf(0), ["a, b, a"]);
});

test("two columns of one name say where each comes from", () => {
  const runs = [{ config: { lr: 1, acc: 2 }, summary: { acc: 3 } }];
  const columns = catalogue({ sweep: { parameters: [{ name: "lr" }] }, runs }, "last");
  assert.deepEqual(["config.lr", "config.acc", "summary.acc"].map((id) => columns.get(id).label),
    ["lr", "acc (config)", "acc (summary)"]);
});
