/** Who draws when: no frame is asked for more than its share. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

let frame = null;
globalThis.requestAnimationFrame = (callback) => {
  assert.equal(frame, null, "one frame at a time is asked for");
  frame = callback;
};
const { later, withoutHaste } = await load("curves/turns.js");

/** Let the next frame come; whether one was asked for. */
function next() {
  const due = frame;
  frame = null;
  due?.();
  return due !== null;
}

test("small drawings share a frame, and one of many points has its own", () => {
  const drawn = [];
  const draw = (name, points) => () => {
    drawn.push(name);
    return points;
  };
  for (const name of ["a", "b", "c"]) withoutHaste(name, draw(name, 100));
  for (const name of ["d", "e", "f"]) withoutHaste(name, draw(name, 20_000));
  const frames = [];
  while (next()) frames.push(drawn.splice(0).join(""));
  assert.deepEqual(frames, ["abcd", "e", "f"]);
});

test("whoever asks again before it was drawn is drawn once, in its place, as asked last", () => {
  const drawn = [];
  withoutHaste("a", () => drawn.push("first") && 20_000);
  withoutHaste("b", () => drawn.push("b") && 20_000);
  withoutHaste("a", () => drawn.push("last") && 20_000);
  while (next());
  assert.deepEqual(drawn, ["last", "b"]);
});

test("what moves with the pointer waits for nothing, and what it asks for comes in the same frame", () => {
  const drawn = [];
  for (const name of ["a", "b"]) withoutHaste(name, () => drawn.push(name) && 20_000);
  later("x", () => {
    drawn.push("x");
    later("y", () => drawn.push("y"));
  });
  next();
  assert.deepEqual(drawn, ["x", "y", "a"]);
  next();
  assert.deepEqual(drawn, ["x", "y", "a", "b"]);
});

test("a drawing that takes long ends the frame's share, whatever it drew", () => {
  const { now } = performance;
  let at = 0;
  performance.now = () => at;
  const drawn = [];
  for (const name of ["a", "b"]) {
    withoutHaste(name, () => {
      drawn.push(name);
      at += 50;
    });
  }
  next();
  performance.now = now;
  assert.deepEqual(drawn, ["a"]);
  next();
});
