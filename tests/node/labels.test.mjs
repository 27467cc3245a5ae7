import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const { shortNames, wrapped } = await load("parallel/labels.js");
const { unsqueezed } = await load("parallel/columns.js");
const measure = (text) => 7 * text.length;

test("what names share in front is left out while they stay apart", () => {
  assert.deepEqual(shortNames(["model.lr", "model.size", "seed"]), ["lr", "size", "seed"]);
  assert.deepEqual(shortNames(["a.lr", "a.x", "b.lr", "b.x"]), ["a.lr", "a.x", "b.lr", "b.x"]);
  assert.deepEqual(shortNames(["train/loss", "epochs"]), ["train/loss", "epochs"]);
  assert.deepEqual(shortNames(["m.enc.lr", "m.dec.lr"]), ["enc.lr", "dec.lr"]);
});

test("a name breaks at its joints and loses nothing before it has used its lines", () => {
  assert.deepEqual(wrapped("weight_decay_factor", 70, 3, measure), ["weight_", "decay_", "factor"]);
  assert.deepEqual(wrapped("learningRateOfHead", 70, 3, measure), ["learning", "RateOfHead"]);
  assert.deepEqual(wrapped("abcdefghijklmnop", 70, 3, measure), ["abcdefghij", "klmnop"]);
  const cut = wrapped("a".repeat(100), 70, 3, measure);
  assert.equal(cut.length, 3);
  assert.ok(cut[2].endsWith("…") && cut.every((line) => measure(line) <= 70));
});

test("a name of any length is looked at only as far as it is shown", () => {
  for (const name of ["x".repeat(10_000), "x.".repeat(5000), "xY".repeat(5000)]) {
    let [n, longest] = [0, 0];
    const lines = wrapped(name, 70, 3, (text) => {
      n += 1;
      longest = Math.max(longest, text.length);
      return measure(text);
    });
    assert.equal(lines.length, 3);
    assert.ok(lines.every((line) => measure(line) <= 70));
    assert.ok(n < 100 && longest <= 410, `${n} measured, one of ${longest} characters`);
  }
  const long = "a/".repeat(5000);
  assert.deepEqual(shortNames([`${long}lr`, "b/lr"]).at(-1), "b/lr");
});

test("a few values far away leave the rest their room", () => {
  const near = Array.from({ length: 40 }, (_, k) => 0.1 + k / 50);
  const sorted = (...far) => [...near, ...far].sort((a, b) => a - b);
  assert.equal(unsqueezed(sorted(), "linear"), "linear");
  assert.equal(unsqueezed(sorted(9), "linear"), "log");
  assert.equal(unsqueezed(sorted(1e9), "linear"), "percentile");
  assert.equal(unsqueezed(sorted(-1e9, 1e9), "linear"), "percentile");
  assert.equal(unsqueezed(sorted(1e9), "log"), "percentile");
  assert.equal(unsqueezed([1, 1, 1, 1, 1, 1, 1, 1, 50], "linear"), "linear");
});
