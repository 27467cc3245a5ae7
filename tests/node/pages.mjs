/**
 * The pages' modules for Node: a browser takes `.js` for ES modules, older Nodes only beside a
 * package.json that says so. They are copied to where one is, and imported from there.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "sweepd-pages-"));
cpSync(fileURLToPath(new URL("../../sweepd/web/static", import.meta.url)), folder, { recursive: true });
writeFileSync(join(folder, "package.json"), '{"type": "module"}');
process.on("exit", () => rmSync(folder, { recursive: true }));

/** A module of sweepd/web/static by its path there. */
export function load(path) {
  return import(pathToFileURL(join(folder, path)).href);
}

const { Column } = await load("parallel/columns.js");

/** A column of these values, as a page would have it. */
export function columnOf(values, parameter = null, kind = null) {
  return new Column("c", "c", "config", (value) => value, parameter, kind).load(values);
}

/** Every run of the column is shown. */
export function all(column) {
  return new Uint8Array(column.raw.length).fill(1);
}

/** The numbers of `found` are those of `expected`, but for rounding. */
export function close(assert, found, expected, within = 1e-9) {
  assert.equal(found.length, expected.length, `${found} is not ${expected}`);
  found.forEach((value, i) => {
    const off = Math.abs(value - expected[i]);
    assert.ok(off <= within * Math.max(1, Math.abs(expected[i])), `${found} is not ${expected}`);
  });
}
