/** How wide lines are drawn, which decides what a plot of many costs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const { USUAL_WIDTH, strokeWidth } = await load("curves/prepare.js");

test("few points are drawn as asked", () => {
  for (const asked of [1, USUAL_WIDTH, 4]) assert.equal(strokeWidth(asked, 6000, 2), asked);
});

test("many are a pixel of the screen wide, unless a person asked for more than usual", () => {
  assert.equal(strokeWidth(USUAL_WIDTH, 6001, 1), 1);
  assert.equal(strokeWidth(USUAL_WIDTH, 30_000, 2), 0.5);
  assert.equal(strokeWidth(1, 30_000, 2), 0.5);
  assert.equal(strokeWidth(4, 30_000, 2), 4);
});
