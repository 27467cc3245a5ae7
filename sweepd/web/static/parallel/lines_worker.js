/**
 * Draws whole pictures of lines beside the page, slice by slice. Told {layer, id, width, height,
 * ratio, job}, it answers {id, bitmap}; a job that a newer one of its layer overtakes is dropped
 * and answered by {id, bitmap: null}.
 */
import { turn } from "../common/turns.js";
import { blank, ranked, settle, stroke, weight } from "./strokes.js";

const SLICE = 600; // lines between two looks for newer jobs
const waiting = new Map(); // by layer, the newest
const eye = new OffscreenCanvas(1, 1).getContext("2d");
let isBusy = false;

async function picture({ layer, width, height, ratio, job }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  blank(context, width, height, ratio);
  const list = ranked(job.list, job.rank);
  for (let from = 0; from < list.length; from += SLICE) {
    stroke(context, job, list.subarray(from, from + SLICE), weight(list.length), { ratio });
    settle(eye, canvas);
    await turn();
    if (waiting.has(layer)) return null;
  }
  return canvas.transferToImageBitmap();
}

async function work() {
  isBusy = true;
  while (waiting.size) {
    const [layer, task] = waiting.entries().next().value;
    waiting.delete(layer);
    const bitmap = await picture(task);
    self.postMessage({ id: task.id, bitmap }, bitmap ? [bitmap] : []);
  }
  isBusy = false;
}

self.addEventListener("message", ({ data }) => {
  const overtaken = waiting.get(data.layer);
  if (overtaken) self.postMessage({ id: overtaken.id, bitmap: null });
  waiting.set(data.layer, data);
  if (!isBusy) work();
});
