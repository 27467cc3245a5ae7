/** Panels come by themselves of what the shown runs logged, and of nothing that only others did. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const { catalogueOf } = await load("workspace/catalogue.js");
const { LoggedKeys, askedOf, keysAddress } = await load("workspace/logged_keys.js");

const run = (number, summary = {}, n_steps = 1) => (
  { id: `r${number}`, number, n_steps, state: "running", config: { lr: number }, summary });
const wanted = (address) => JSON.parse(new URL(address, "http://x").searchParams.get("q")).runs;
const soon = { wait: () => 0, begin: () => () => {} };

test("numbers that only filtered runs logged get no panel, and can still be filtered by", () => {
  const runs = [run(1, { loss: 1 }), run(2, { acc: 1 })];
  const logged = { system: ["system.cpu"], media: { img: "image-file" }, charts: {}, steps: {} };
  const found = catalogueOf(runs, logged, null, [runs[0]]);
  assert.deepEqual([found.numbers, found.summary], [["loss"], ["acc", "loss"]]);
  assert.deepEqual([found.system, found.media], [logged.system, logged.media]);
  assert.ok(found.all.some(({ text }) => text === "summary:acc"));
  assert.deepEqual(catalogueOf(runs, logged).numbers, ["acc", "loss"]);
  const none = catalogueOf([], logged);
  assert.deepEqual([none.numbers, none.system, none.media, none.charts], [[], [], {}, {}]);
});

test("the server is asked of the shown runs: a hundred at most, those that began first, newest first", () => {
  const runs = Array.from({ length: 300 }, (_, i) => run(i, {}, i < 40 ? 3 : 0));
  const asked = wanted(keysAddress("/-/projects/ann/p", runs));
  assert.equal(asked.length, 100);
  assert.deepEqual(asked.slice(0, 2), ["r39", "r38"]);
  assert.deepEqual(asked.slice(39, 42), ["r0", "r299", "r298"]);
  assert.deepEqual(askedOf([]), []);
});

test("it is asked anew when other runs are shown or one has gone far, not for each line", async () => {
  const asked = [];
  const logged = new LoggedKeys("/p", { pace: soon, ask: async (address) => {
    asked.push(wanted(address));
    return { system: wanted(address), media: {}, charts: {}, steps: {} };
  } });
  const one = [run(1, {}, 8)];
  assert.deepEqual((await logged.first(one)).system, ["r1"]);
  assert.deepEqual(logged.of([{ ...one[0], n_steps: 9 }]).system, ["r1"]);
  assert.equal(asked.length, 1);
  const changed = new Promise((done) => { logged.changed = done; });
  const two = [one[0], run(2)];
  logged.of(two);
  await changed;
  assert.deepEqual(logged.of(two).system, ["r2", "r1"]);
  assert.equal(asked.length, 2);
  const again = new Promise((done) => { logged.ask = done; });
  logged.of([{ ...one[0], n_steps: 16 }, two[1]]);
  assert.deepEqual(wanted(await again), ["r2", "r1"]);
});

test("what is known stays while the server cannot be reached, and other runs ask again", async () => {
  let tell;
  const answers = [async () => ({ system: ["a"] }), async () => {
    tell();
    throw new Error("gone");
  }, async () => ({ system: ["b"] })];
  const logged = new LoggedKeys("/p", { pace: soon, ask: () => answers.shift()() });
  await logged.first([run(1)]);
  const failed = new Promise((done) => { tell = done; });
  logged.of([run(2)]);
  await failed;
  await new Promise((done) => { setImmediate(done); });
  const changed = new Promise((done) => { logged.changed = done; });
  assert.deepEqual(logged.of([run(3)]).system, ["a"]);
  await changed;
  assert.deepEqual(logged.known.system, ["b"]);
});
