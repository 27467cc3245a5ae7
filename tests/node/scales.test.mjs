import assert from "node:assert/strict";
import { test } from "node:test";
import { all, close, columnOf, load } from "./pages.mjs";

const { continuous, linearTicks, makeScale } = await load("parallel/scales.js");
const numbers = (scale, n) => scale.ticks(n).map((tick) => scale.valueAt(tick.unit));
const labels = (scale, n) => scale.ticks(n).map((tick) => tick.label);

test("linear ticks are round, cover both ends and are about as many as asked for", () => {
  assert.deepEqual(linearTicks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(linearTicks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(linearTicks(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(linearTicks(0.1, 0.3, 4), [0.1, 0.15, 0.2, 0.25, 0.3]);
  assert.deepEqual(linearTicks(1e6, 1e6 + 4, 4), [1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3, 1e6 + 4]);
});

test("a log axis has a tick at both ends when they are decades", () => {
  assert.deepEqual(labels(continuous("log", 1e-5, 1e-1), 3), ["1e−5", "0.0001", "0.001", "0.01", "0.1"]);
  close(assert, numbers(continuous("log", 1e-5, 1e-1), 3), [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]);
  close(assert, numbers(continuous("log", 1, 1000), 2), [1, 10, 100, 1000]);
  close(assert, numbers(continuous("log", 1, 1000), 5), [1, 3, 10, 30, 100, 300, 1000]);
  close(assert, numbers(continuous("log", 1, 100), 5), [1, 2, 5, 10, 20, 50, 100]);
});

test("ticks of a log axis lie on it, and one of less than a decade has some too", () => {
  for (const [low, high] of [[0.3, 0.8], [2, 7], [15, 22], [9, 11], [0.031, 0.29]]) {
    const scale = continuous("log", low, high);
    const found = numbers(scale, 5);
    assert.ok(found.length >= 2, `${low} to ${high}: ${found}`);
    for (const tick of scale.ticks(5)) assert.ok(tick.unit >= -1e-9 && tick.unit <= 1 + 1e-9);
  }
});

test("place and value go there and back on every continuous scale", () => {
  for (const [kind, low, high] of [["linear", -3, 9], ["log", 1e-6, 1e3], ["time", 0, 1e9]]) {
    const scale = continuous(kind, low, high);
    for (const unit of [0, 0.1, 0.5, 0.93, 1]) {
      close(assert, [scale.unitOf(scale.valueAt(unit))], [unit], 1e-6);
    }
    close(assert, [scale.valueAt(-1), scale.valueAt(2)], [low, high]);
    close(assert, [scale.unitOf(low), scale.unitOf(high)], [0, 1]);
  }
  close(assert, [continuous("log", 1, 100).unitOf(10), continuous("linear", 0, 4).unitOf(1)], [0.5, 0.25]);
  assert.equal(continuous("log", 1, 100).unitOf(0), 0);
});

test("a single value stands in the middle, on a log axis too", () => {
  for (const [kind, value] of [["linear", 3], ["linear", 0], ["linear", -2], ["log", 0.001], ["log", 64]]) {
    const column = columnOf([value, value]);
    const scale = makeScale(column, kind, all(column), false);
    close(assert, [scale.unit(0), scale.unit(1)], [0.5, 0.5]);
    assert.ok(scale.low < value && value < scale.high);
    assert.ok(kind !== "log" || scale.low > 0);
  }
  const log = columnOf([8]);
  const scale = makeScale(log, "log", all(log), false);
  assert.deepEqual([scale.low, scale.high], [4, 16]);
  const time = columnOf([1e12], null, "time");
  assert.deepEqual(makeScale(time, "time", all(time)).high - 1e12, 30_000);
});

test("the search space stays in view unless the axis is zoomed", () => {
  const column = columnOf([0.2, 0.4], { min: 0, max: 1 });
  const wide = makeScale(column, "linear", all(column), false);
  assert.deepEqual([wide.low, wide.high], [0, 1]);
  const close_ = makeScale(column, "linear", all(column), true);
  assert.deepEqual([close_.low, close_.high], [0.2, 0.4]);
  const log = makeScale(column, "log", all(column), false);
  assert.deepEqual([log.low, log.high], [0.2, 1], "a bound of 0 has no place on a log axis");
  const outside = columnOf([-1, 3], { min: 0, max: 1 });
  const grown = makeScale(outside, "linear", all(outside), false);
  assert.deepEqual([grown.low, grown.high], [-1, 3]);
});

test("hidden runs, NaN and what is not positive have no say in the ends", () => {
  const column = columnOf([-5, 0, 1, 100, "NaN", 1e9]);
  const alive = Uint8Array.from([1, 1, 1, 1, 1, 0]);
  const log = makeScale(column, "log", alive, false);
  assert.deepEqual([log.low, log.high], [1, 100]);
  assert.ok(Number.isNaN(log.unit(0)) && Number.isNaN(log.unit(1)) && Number.isNaN(log.unit(4)));
  assert.deepEqual([log.slot(0), log.slot(1), log.slot(2), log.slot(4)], [5, 5, 0, 2]);
  const linear = makeScale(column, "linear", alive, false);
  assert.deepEqual([linear.low, linear.high, linear.slot(0)], [-5, 100, 0]);
  const none = columnOf([null]);
  assert.deepEqual([makeScale(none, "log", all(none)).low, makeScale(none, "linear", all(none)).high], [0.1, 1]);
});

test("percentile ranks: the same room for every run, equal values in their middle", () => {
  const column = columnOf([10, 20, 1e9, 20, -3]);
  const scale = makeScale(column, "percentile", all(column));
  close(assert, [4, 0, 1, 3, 2].map((i) => scale.unit(i)), [0, 0.25, 0.625, 0.625, 1]);
  close(assert, [scale.unitOf(15), scale.unitOf(-9), scale.unitOf(2e9)], [0.375, 0, 1]);
  close(assert, [0, 0.25, 0.5, 1].map((unit) => scale.valueAt(unit)), [-3, 10, 20, 1e9]);
  close(assert, [scale.valueAt(0.125), scale.valueAt(-1), scale.valueAt(9)], [3.5, -3, 1e9]);
  assert.deepEqual(scale.ticks(5).map((tick) => tick.note), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
  assert.deepEqual(scale.ticks(3).map((tick) => tick.unit), [0, 0.5, 1]);
  const one = columnOf([7]);
  assert.equal(makeScale(one, "percentile", all(one)).unit(0), 0.5);
  const none = columnOf(["NaN"]);
  assert.ok(Number.isNaN(makeScale(none, "percentile", all(none)).unit(0)));
});

test("a percentile axis counts by number, not by letter, and only runs that are shown", () => {
  const column = columnOf([9, 10, 100, 5]);
  const scale = makeScale(column, "percentile", Uint8Array.from([1, 1, 1, 0]));
  close(assert, [0, 1, 2].map((i) => scale.unit(i)), [0, 0.5, 1]);
});

test("names follow the search space, then numbers, then letters", () => {
  const listed = columnOf(["b", "a", "z"], { values: ["z", "b", "a"] });
  assert.deepEqual(makeScale(listed, "categorical", all(listed)).names, ["z", "b", "a"]);
  const numeric = columnOf([16, 8, 128], { values: [128, 8, 16] });
  assert.deepEqual(makeScale(numeric, "categorical", all(numeric)).names, ["8", "16", "128"]);
  const free = columnOf([10, 9, "x10", "x9"]);
  assert.deepEqual(makeScale(free, "categorical", all(free)).names, ["9", "10", "x9", "x10"]);
  const zoomed = columnOf(["a"], { values: ["z", "a"] });
  assert.deepEqual(makeScale(zoomed, "categorical", all(zoomed), true).names, ["a"]);
  const truth = columnOf([true, false]);
  assert.deepEqual(makeScale(truth, "boolean", all(truth)).names, ["false", "true"]);
});

test("a name stands in the middle of its room", () => {
  const column = columnOf(["a", "b", null, "c"]);
  const scale = makeScale(column, "categorical", all(column));
  close(assert, [0, 1, 3].map((i) => scale.unit(i)), [1 / 6, 0.5, 5 / 6]);
  assert.ok(Number.isNaN(scale.unit(2)) && scale.slot(2) === 1);
  assert.deepEqual([scale.valueAt(0), scale.valueAt(0.34), scale.valueAt(1)], ["a", "b", "c"]);
});

test("times get ticks of round steps within the axis", () => {
  const start = Date.UTC(2026, 0, 1);
  const ticks = continuous("time", start, start + 3_600_000).ticks(4);
  assert.deepEqual(ticks.map((tick) => Math.round(tick.unit * 60)), [0, 15, 30, 45, 60]);
});
