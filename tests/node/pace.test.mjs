/** How soon a page asks again for what has changed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const { Pace } = await load("common/pace.js");

/** The wait after turns that took so many milliseconds each. */
function waitAfter(...turns) {
  let at = 0;
  const pace = new Pace(() => at);
  for (const took of turns) {
    at += pace.wait();
    const end = pace.begin();
    at += took;
    end();
  }
  return pace.wait();
}

test("the first is not waited for", () => assert.equal(waitAfter(), 0));

test("what takes long is asked for a sixth of the time, but never left for long", () => {
  assert.equal(waitAfter(10, 10), 700);
  assert.equal(waitAfter(400, 500), 2000);
  assert.equal(waitAfter(9000, 9000), 8000);
});

test("one slow turn delays nothing, be it the first or a later one", () => {
  assert.equal(waitAfter(4000), 700);
  assert.equal(waitAfter(10, 10, 4000), 700);
  assert.equal(waitAfter(10, 4000, 10), 700);
});

test("time that has passed since counts", () => {
  let at = 0;
  const pace = new Pace(() => at);
  pace.begin()();
  at = 650;
  assert.equal(pace.wait(), 50);
  at = 5000;
  assert.equal(pace.wait(), 0);
});
