import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const { sections } = await load("curves/keys.js");
const names = (keys, options) => sections(keys, options).map(([name]) => name);

test("curves stand before numbers of the end, the sweep's metric before all, the system last", () => {
  const keys = ["system.cpu", "test/accuracy", "loss", "train/loss", "val/loss", "grad/h10", "grad/h2", "epoch/loss"];
  assert.deepEqual(names(keys), ["val", "epoch", "train", "test", "Charts", "grad", "System"]);
  assert.deepEqual(names(keys, { main: "grad/h2" })[0], "grad");
});

test("keys stand in natural order, the sweep's metric first and counters last", () => {
  assert.deepEqual(sections(["a/h10", "a/h2", "a/epoch", "a/best"], { main: "a/h2" }),
    [["a", ["a/h2", "a/best", "a/h10", "a/epoch"]]]);
});
