/** The lines across a plot, and what stands beside them: on a context that only notes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const measureText = (text) => ({ width: 6 * text.length });
globalThis.document = { createElement: () => ({ getContext: () => ({ measureText }) }) };
const { drawRules } = await load("curves/painting.js");
delete globalThis.document;

test("each tick has a line over the whole box and its label left of it", () => {
  const [lines, texts, begun] = [[], [], { at: null }];
  const context = {
    beginPath() {},
    moveTo: (x, y) => { begun.at = [x, y]; },
    lineTo: (x, y) => lines.push([...begun.at, x, y]),
    stroke() {},
    fillText: (text, x, y) => texts.push([text, x, y, context.textAlign]),
  };
  const box = { left: 50, right: 250, top: 10, bottom: 110 };
  const ticks = [{ share: 0, label: "0" }, { share: 0.25, label: "1 000 000" }, { share: 1, label: "4" }];
  drawRules(context, box, ticks, { line: "grey", ink: "black" });
  assert.deepEqual(lines, [[50, 110.5, 250, 110.5], [50, 85.5, 250, 85.5], [50, 10.5, 250, 10.5]]);
  assert.deepEqual(texts.map(([, ...place]) => place), lines.map(([, y]) => [44, y, "right"]));
  assert.deepEqual(texts.map(([text]) => text), ["0", "1 00…00", "4"]);
  assert.deepEqual([context.strokeStyle, context.fillStyle, context.lineWidth], ["grey", "black", 1]);
});
