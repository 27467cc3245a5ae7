import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const values = await load("common/values.js");

test("what is no finite number gets its slot", () => {
  const slots = [3, 0, null, undefined, NaN, -Infinity, Infinity, "NaN", "-Infinity", "Infinity", "x", true, [1]];
  assert.deepEqual(slots.map(values.numericSlot), [0, 0, 1, 1, 2, 3, 4, 2, 3, 4, 6, 6, 6]);
  assert.deepEqual(slots.map(values.namedSlot), [0, 0, 1, 1, 2, 3, 4, 2, 3, 4, 0, 0, 0]);
  assert.equal(values.SLOTS[values.NONPOSITIVE], "nonpositive");
  assert.equal(values.SLOTS.length, values.SLOT_LABELS.length);
});

test("a value's name", () => {
  const named = [null, undefined, "a", "", 1.5, true, [1, "b"], { k: null }].map(values.nameOf);
  assert.deepEqual(named, ["", "", "a", "", "1.5", "true", '[1,"b"]', '{"k":null}']);
});

test("numbers are as short as four digits allow", () => {
  const written = [
    [0, "0"], [3, "3"], [-3, "−3"], [123456, "123,456"], [0.5, "0.5"], [1 / 3, "0.3333"],
    [-1 / 3, "−0.3333"], [12345.678, "12,350"], [9999999, "9,999,999"], [1e7, "1e7"], [-1e7, "−1e7"],
    [1e-4, "0.0001"], [0.000099, "9.9e−5"], [1.23456e-9, "1.235e−9"], [NaN, "NaN"],
    [Infinity, "+∞"], [-Infinity, "−∞"],
  ];
  for (const [value, text] of written) assert.equal(values.formatNumber(value), text);
  assert.equal(values.formatNumber(1 / 3, 2), "0.33");
});

test("any value has a text", () => {
  const written = [null, undefined, 0.25, "NaN", "Infinity", "word", [1]].map(values.formatValue);
  assert.deepEqual(written, ["–", "–", "0.25", "NaN", "+∞", "word", "[1]"]);
});

test("durations as people say them, also at the edges", () => {
  const written = [
    [0, "0 s"], [9.96, "10 s"], [9.94, "9.9 s"], [10, "10 s"], [89, "89 s"], [90, "2 min"],
    [59.4 * 60, "59 min"], [60 * 60, "1 h 00 min"], [65 * 60, "1 h 05 min"],
    [47 * 3600 + 59 * 60, "47 h 59 min"], [48 * 3600, "2 d 0 h"], [NaN, "–"],
  ];
  for (const [seconds, text] of written) assert.equal(values.formatDuration(seconds), text, seconds);
});

test("a moment without a date is a dash; counts have their noun", () => {
  assert.equal(values.formatTime(NaN), "–");
  assert.match(values.formatTime(0, 60_000), /^\d\d:\d\d:\d\d$/);
  assert.match(values.formatTime(0, 3_600_000), /^\d\d:\d\d$/);
  assert.deepEqual([values.count(1, "run"), values.count(0, "run"), values.count(1204, "run")],
    ["1 run", "0 runs", "1,204 runs"]);
});

test("marks of an axis have as few digits as tell them apart", () => {
  assert.deepEqual(values.formatMarks([0.2, 0.4, 0.6]), ["0.2", "0.4", "0.6"]);
  assert.deepEqual(values.formatMarks([0.69492, 0.69494, 0.69496]), ["0.69492", "0.69494", "0.69496"]);
  assert.deepEqual(values.formatMarks([-1.00001, -1]), ["−1.00001", "−1"]);
  assert.deepEqual(values.formatMarks([12345600, 12345700]), ["1.23456e7", "1.23457e7"]);
  assert.deepEqual(values.formatMarks([1e5, 2e5]), ["100,000", "200,000"]);
  assert.deepEqual(values.formatMarks([1, 1, NaN]), ["1", "1", "NaN"]);
  assert.deepEqual(values.formatMarks([]), []);
});

const { Axis } = await load("curves/axis.js");
const { continuous } = await load("parallel/scales.js");

test("an axis about one moment has marks of that moment, in their order", () => {
  const at = 1.79e9;
  const labels = new Axis(at, at, { kind: "time" }).ticks(5).map((tick) => tick.label);
  assert.ok(labels.length > 2 && labels.every((label) => /^\d\d:\d\d:\d\d$/.test(label)), labels.join(" "));
  assert.equal(new Set(labels).size, labels.length);
  const years = new Axis(at, at + 4e8, { kind: "time" }).ticks(5).map((tick) => tick.label);
  assert.ok(years.every((label) => /20\d\d/.test(label)), years.join(" "));
});

test("a narrow axis names each of its marks differently", () => {
  for (const [low, high] of [[0.69491, 0.69501], [1e6, 1e6 + 0.01], [-3.00002, -3]]) {
    for (const ticks of [new Axis(low, high).ticks(5), continuous("linear", low, high).ticks(5)]) {
      const labels = ticks.map((tick) => tick.label);
      assert.ok(labels.length > 2 && new Set(labels).size === labels.length, labels.join(" "));
    }
  }
});
