import assert from "node:assert/strict";
import { test } from "node:test";
import { all, close, columnOf, load } from "./pages.mjs";

const { apply, fromIntervals, intervals, isEmpty, passes } = await load("parallel/selection.js");
const { continuous, makeScale } = await load("parallel/scales.js");

const VALUES = [1, 2, 3, null, "NaN", -4, 0];

function selected(brush, kind = "linear", drop = false, values = VALUES) {
  const column = columnOf(values);
  const mask = all(column);
  apply(mask, () => column, { c: brush }, () => kind, { drop });
  return [...mask].flatMap((isIn, i) => (isIn ? [values[i]] : []));
}

test("a range holds both its ends; an open end holds all beyond", () => {
  assert.deepEqual(selected({ ranges: [[1, 2]] }), [1, 2]);
  assert.deepEqual(selected({ ranges: [[2, null]] }), [2, 3]);
  assert.deepEqual(selected({ ranges: [[null, 0]] }), [-4, 0]);
  assert.deepEqual(selected({ ranges: [[1, 1], [3, 3]] }), [1, 3], "either range will do");
});

test("what has no number passes by its slot alone", () => {
  assert.deepEqual(selected({ ranges: [[null, null]] }), [1, 2, 3, -4, 0]);
  assert.deepEqual(selected({ slots: ["missing"] }), [null]);
  assert.deepEqual(selected({ ranges: [[3, 3]], slots: ["nan"] }), [3, "NaN"]);
});

test("on a log axis what is not positive lies in its slot, whatever the range", () => {
  assert.deepEqual(selected({ ranges: [[null, 2]] }, "log"), [1, 2]);
  assert.deepEqual(selected({ ranges: [[3, null]], slots: ["nonpositive"] }, "log"), [3, -4, 0]);
});

test("names select names", () => {
  const values = ["a", "b", 3, null];
  assert.deepEqual(selected({ names: ["a", "3"] }, "categorical", false, values), ["a", 3]);
  assert.deepEqual(selected({ names: ["b"], slots: ["missing"] }, "categorical", false, values), ["b", null]);
});

test("several brushes intersect; dropping takes what passes all; an empty brush selects all", () => {
  assert.deepEqual(selected({ ranges: [[1, 2]] }, "linear", true), [3, null, "NaN", -4, 0]);
  assert.deepEqual(selected({}).length, VALUES.length);
  assert.ok(isEmpty(null) && isEmpty({ ranges: [], names: [], slots: [] }) && !isEmpty({ slots: ["nan"] }));
  const [x, y] = [columnOf([1, 1, 2, 2]), columnOf([1, 2, 1, 2])];
  const mask = Uint8Array.from([1, 1, 1, 0]);
  const brushes = { x: { ranges: [[1, 1]] }, y: { ranges: [[2, 2]] }, gone: { ranges: [[9, 9]] } };
  apply(mask, (id) => ({ x, y })[id], brushes, () => "linear");
  assert.deepEqual([...mask], [0, 1, 0, 0]);
});

test("with any, one brush of several will do", () => {
  const [x, y] = [columnOf([1, 1, 2, 2]), columnOf([1, 2, 1, 2])];
  const mask = Uint8Array.from([1, 1, 1, 1]);
  const brushes = { x: { ranges: [[1, 1]] }, y: { ranges: [[2, 2]] } };
  apply(mask, (id) => ({ x, y })[id], brushes, () => "linear", { any: true });
  assert.deepEqual([...mask], [1, 1, 0, 1]);
  apply(mask, (id) => ({ x, y })[id], brushes, () => "linear", { any: true, drop: true });
  assert.deepEqual([...mask], [0, 0, 0, 0]);
});

test("texts and expressions are looked for without regard to capitals, in lists too", () => {
  const values = ["ResNet50", "vgg", ["Res", "x"], null, 50];
  const find = (brush) => selected(brush, "categorical", false, values);
  assert.deepEqual(find({ contains: ["res"] }), ["ResNet50", ["Res", "x"]]);
  assert.deepEqual(find({ contains: ["50", "VG"] }), ["ResNet50", "vgg", 50]);
  assert.deepEqual(find({ matches: ["^res$"] }), [["Res", "x"]]);
  assert.deepEqual(find({ matches: ["("] }), [], "none, and no error");
  assert.deepEqual(find({ names: ["x"] }), [["Res", "x"]]);
});

test("one value passes as its run would", () => {
  for (const brush of [{ ranges: [[1, 2]] }, { ranges: [[null, 0]], slots: ["nan"] }, { slots: ["missing"] },
    { names: ["1", "-4"] }, { names: ["2"], slots: ["missing"] }]) {
    assert.deepEqual(VALUES.filter((value) => passes(value, brush)), selected(brush));
  }
});

test("a brush is drawn where it selects, and found again from there", () => {
  const scale = continuous("linear", 0, 10);
  assert.deepEqual(intervals({ ranges: [[null, 5], [7, 99]] }, scale), [[0, 0.5], [0.7, 1]]);
  assert.deepEqual(intervals({}, scale), []);
  assert.deepEqual(fromIntervals([[0, 0.5], [0.7, 1]], scale), { ranges: [[null, 5], [7, null]], slots: [] });
  const odd = fromIntervals([[0.123456, 0.654321]], scale, ["nan"]);
  close(assert, odd.ranges[0], [1.23, 6.54], 0.01);
  assert.deepEqual(odd.slots, ["nan"]);
});

test("digits that a pixel cannot show are dropped, the small ones of a log axis kept", () => {
  const [[low, high]] = fromIntervals([[0.25, 0.75]], continuous("log", 1e-8, 1)).ranges;
  close(assert, [low / 1e-6, high / 1e-2], [1, 1], 0.05);
  const [[wide]] = fromIntervals([[0.3333, 1]], continuous("linear", 0, 1e6)).ranges;
  assert.equal(wide, Math.round(wide));
  const [[at]] = fromIntervals([[0.5, 1]], continuous("time", 0, 10_001)).ranges;
  assert.equal(at % 1000, 0);
});

test("neighbouring names are one interval", () => {
  const column = columnOf(["a", "b", "c", "d"]);
  const scale = makeScale(column, "categorical", all(column));
  assert.deepEqual(intervals({ names: ["b", "a", "d", "gone"] }, scale), [[0, 0.5], [0.75, 1]]);
  assert.deepEqual(fromIntervals([[0.3, 0.95]], scale), { names: ["b", "c", "d"], slots: [] });
});
