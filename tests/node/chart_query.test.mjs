/** What a custom chart's query asks for, and the rows that a run's history gives it. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./pages.mjs";

const { curvesIn, historyRows, queryOf } = await load("workspace/chart_query.js");

const asking = (...fields) => ({ queryFields: [{ name: "runSets", fields: [{ name: "id" }, ...fields] }] });
const field = (name, key, value) => ({ name, args: [{ name: key, value }] });
const curve = (x, y, n = x.length) => ({ x: Float64Array.from(x), y: Float64Array.from(y), n });

test("a query names tables, history, summary and config", () => {
  const found = queryOf(asking(field("history", "keys", ["_step", "loss", 7]), field("summaryTable", "tableKey", "t"),
    field("summary", "keys", ["best"]), field("config", "keys", "lr"), field("tables", "keys", ["no"])));
  assert.deepEqual(found, { tables: ["t"], history: ["_step", "loss"], summary: ["best"], config: ["lr"] });
  assert.deepEqual(curvesIn(found), ["loss"]);
  assert.deepEqual(queryOf(undefined), { tables: [], history: [], summary: [], config: [] });
});

test("a row is a step at which all keys were logged", () => {
  const series = { a: curve([0, 1, 2, 3], [10, 11, 12, 13]), b: curve([1, 3], [21, 23]) };
  assert.deepEqual(historyRows(series, ["a", "b"]), [{ _step: 1, a: 11, b: 21 }, { _step: 3, a: 13, b: 23 }]);
  assert.deepEqual(historyRows(series, ["a", "c"]), []);
  assert.deepEqual(historyRows(undefined, ["a"]), []);
  assert.deepEqual(historyRows(series, []), []);
});

test("of thinned curves the last value before a step stands for it", () => {
  const series = { a: curve([0, 4, 9], [0, 4, 9], 10), b: curve([1, 8], [21, 28], 10) };
  assert.deepEqual(historyRows(series, ["a", "b"]), [{ _step: 4, a: 4, b: 21 }, { _step: 9, a: 9, b: 28 }]);
});
