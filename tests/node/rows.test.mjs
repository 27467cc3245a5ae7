import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const { unpack } = await load("common/rows.js");
const packed = (numbers) => Buffer.from(numbers.buffer).toString("base64");

function read(numbers, places) {
  const facts = { value: { n: packed(numbers) }, word: { c: packed(places), t: ["a", "b"] } };
  const table = { n: numbers.length, facts, config: {}, metric: {}, summary: {}, times: {} };
  return unpack({ table }).runs.map(({ value, word }) => [value, word]);
}

test("numbers and places of every width", () => {
  const expected = [[1, "b"], [undefined, undefined], [-3, "a"]];
  assert.deepEqual(read(new Float64Array([1, NaN, -3]), new Int32Array([1, -1, 0])), expected);
  assert.deepEqual(read(new Float32Array([1, NaN, -3]), new Int16Array([1, -1, 0])), expected);
  assert.deepEqual(read(new Int16Array([1, -32768, -3]), new Int8Array([1, -1, 0])), expected);
  assert.deepEqual(read(new Int8Array([1, -128, -3]), new Int8Array([1, -1, 0])), expected);
  assert.deepEqual(read(new Float64Array([0.1]), new Int8Array([0])), [[0.1, "a"]]);
  assert.deepEqual(read(new Float32Array([0.5]), new Int8Array([0])), [[0.5, "a"]]);
});
