/** The address in the commands that start an agent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const { isOwn, reachOf } = await load("sweep/start.js");

test("what the server says of its address is offered, and what it says of its reach beside it", () => {
  const named = { server: "http://lab7:8787", note: "Under this name …" };
  assert.deepEqual(reachOf(named, "http://127.0.0.1:8787"), { address: "http://lab7:8787", note: "Under this name …" });
  const told = { server: "https://sweeps.example/lab", note: "" };
  assert.deepEqual(reachOf(told, "http://127.0.0.1:8787"), { address: "https://sweeps.example/lab", note: "" });
});

test("behind a proxy that tells the server no address, the browser's is offered", () => {
  const told = { server: "http://127.0.0.1:8787", note: "This server listens on its own machine only" };
  assert.deepEqual(reachOf(told, "https://lab.example"), { address: "https://lab.example", note: "" });
  assert.deepEqual(reachOf({}, "http://lab:8787"), { address: "http://lab:8787", note: "" });
});

test("loopback is known by all its names", () => {
  for (const own of ["localhost:80", "a.localhost", "127.0.0.1:8787", "127.1.2.3", "0.0.0.0", "[::1]:80", "[::]"])
    assert.ok(isOwn(`http://${own}`), own);
  for (const other of ["localhost.example", "127.example", "10.0.0.1", "[fd00::1]", "lab"])
    assert.ok(!isOwn(`http://${other}`), other);
});
