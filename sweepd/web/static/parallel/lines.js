/**
 * Lines on a canvas. Up to a few hundred are drawn at once. Of more, a fair sample is drawn at
 * once and the whole is drawn beside the page, and shown when it is complete: whatever the number,
 * the answer to a brush comes in the next frame, and nothing flickers.
 */
import { beside } from "./beside.js";
import { blank, ranked, settle, stroke, trace, weight } from "./strokes.js";

const SAMPLE = 240; // lines drawn at once, at most
const LEAST_SAMPLE = 80;
const FEW = 24; // so few lines cost nothing however they are drawn
const REST_MS = 180; // a brush that moves again within this time gets another sample instead
const SOON_MS = 40; // where nothing moves
const SLICE = [120, 4000]; // lines drawn between two frames
const FRAME_MS = [20, 34]; // slices grow below the first and shrink above the second

/** A fixed shuffle of 0 … n-1 (xorshift), so that any prefix of it is a fair sample. */
export function shuffled(n) {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  let seed = 0x9e3779b9;
  for (let i = n - 1; i > 0; i -= 1) {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    const j = (seed >>> 0) % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

let nLayers = 0;

export class LineLayer {
  #frame = 0;
  #timer = 0;
  #asked = 0; // which picture is waited for
  #slice = SAMPLE / 2;
  #sample = SAMPLE;

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    nLayers += 1;
    this.name = nLayers;
    this.isWhole = false; // whether all is there as it should be
  }

  resize(width, height) {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
      this.isWhole = false;
    }
    this.ratio = ratio;
  }

  /** Show nothing; what is being drawn comes no more. */
  clear() {
    this.#drop();
    this.#blank();
  }

  #drop() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#frame = 0;
    this.#asked += 1;
    this.isWhole = false;
  }

  #blank(context = this.context) {
    blank(context, this.canvas.width, this.canvas.height, this.ratio);
  }

  /**
   * Draw the runs of `list`, a shuffled list; runs with a higher job.rank come on top.
   * job: {axes, list, rank, bucket, palette, standings, isMoving}; while a brush moves, lines are
   * drawn as thin as goes quickest, and properly when it rests. `whenDone` is called when all is
   * there as it should be.
   */
  draw(job, whenDone = () => {}) {
    this.clear();
    if (job.axes.length < 2) {
      this.#dots(job);
      this.isWhole = true;
      whenDone();
      return;
    }
    const done = () => {
      this.isWhole = true;
      whenDone();
    };
    const isAll = job.list.length <= SAMPLE;
    const isRough = Boolean(job.isMoving) && job.list.length > FEW;
    const sample = ranked(job.list.slice(0, isAll ? SAMPLE : this.#sample), job.rank);
    stroke(this.context, job, sample, weight(sample.length), { ratio: this.ratio, isRough });
    this.#learn(performance.now());
    if (isAll && !isRough) done();
    else this.#timer = setTimeout(() => this.#whole(job, done), job.isMoving ? REST_MS : SOON_MS);
  }

  /** Draw all of it out of sight, where that costs the page nothing; true when it will come. */
  prepare(job) {
    if (!beside.isThere || job.axes.length < 2 || job.list.length <= SAMPLE) return false;
    this.clear();
    this.#whole(job, () => { this.isWhole = true; });
    return true;
  }

  /** Fit the size of the sample to how long the browser takes to show one. */
  #learn(start) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const took = performance.now() - start;
      if (took > 30) this.#sample = Math.max(LEAST_SAMPLE, Math.round(this.#sample * 0.8));
      else if (took < 14) this.#sample = Math.min(SAMPLE, Math.round(this.#sample * 1.1));
      port1.close();
    };
    port2.postMessage(0);
  }

  /** All lines: drawn beside the page, or, where that cannot be, by itself in slices. */
  async #whole(job, whenDone) {
    const asked = this.#asked;
    if (beside.isThere && job.list.length > FEW) {
      const { width, height } = this.canvas;
      const { bitmap, failed } = await beside.draw(this.name, { width, height, ratio: this.ratio }, job);
      if (bitmap && asked === this.#asked) this.#show(bitmap, whenDone);
      bitmap?.close();
      if (!failed || asked !== this.#asked) return;
    }
    this.#slices(job, whenDone);
  }

  #show(picture, whenDone) {
    this.#blank();
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.drawImage(picture, 0, 0);
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    whenDone();
  }

  #slices(job, whenDone) {
    const hidden = Object.assign(document.createElement("canvas"),
      { width: this.canvas.width, height: this.canvas.height });
    const eye = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    const context = hidden.getContext("2d");
    let list = null;
    let next = 0;
    let before = 0;
    const step = (now) => {
      const took = before ? now - before : FRAME_MS[0];
      before = now;
      if (took < FRAME_MS[0]) this.#slice = Math.min(SLICE[1], this.#slice * 1.5);
      if (took > FRAME_MS[1]) this.#slice = Math.max(SLICE[0], this.#slice * 0.7);
      if (!list) {
        this.#blank(context);
        list = ranked(job.list.slice(), job.rank);
      }
      const end = Math.min(list.length, next + Math.round(this.#slice));
      stroke(context, job, list.subarray(next, end), weight(list.length), { ratio: this.ratio });
      settle(eye, hidden);
      next = end;
      this.#frame = requestAnimationFrame(next < list.length ? step : () => this.#show(hidden, whenDone));
    };
    this.#frame = requestAnimationFrame(step);
  }

  /** With a single axis there are no lines: dots show the runs instead. */
  #dots(job) {
    const [axis] = job.axes;
    if (!axis) return;
    const { context } = this;
    context.globalAlpha = weight(job.list.length).alpha;
    for (const i of job.list) {
      context.fillStyle = job.bucket ? job.palette[job.bucket[i]] : job.palette[0];
      context.beginPath();
      context.arc(axis.x, axis.ys[i], 3, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  /** One run above all others: a halo in the colour of the page, the line, dots on the axes. */
  emphasise(axes, i, { colour, halo, width = 3, dash = [] }) {
    const { context } = this;
    context.lineJoin = "round";
    context.lineCap = "round";
    for (const [stroke, lineWidth, lineDash] of [[halo, width + 3, []], [colour, width, dash]]) {
      context.strokeStyle = stroke;
      context.lineWidth = lineWidth;
      context.setLineDash(lineDash);
      context.beginPath();
      trace(context, axes, i);
      context.stroke();
    }
    context.setLineDash([]);
    for (const axis of axes) {
      context.beginPath();
      context.arc(axis.x, axis.ys[i], width + 1, 0, 2 * Math.PI);
      context.fillStyle = colour;
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = halo;
      context.stroke();
    }
  }
}

/** The run whose line passes nearest to a point, or -1 when none is within `reach` pixels. */
export function nearest(axes, candidates, x, y, reach) {
  let best = -1;
  let bestDistance = reach;
  let a = 0;
  while (a < axes.length - 2 && x > axes[a + 1].x) a += 1;
  const left = axes[a];
  const right = axes[Math.min(a + 1, axes.length - 1)];
  if (!left || x < left.x - reach || x > right.x + reach) return -1;
  const share = right === left ? 0
    : Math.min(1, Math.max(0, (x - left.x) / (right.x - left.x)));
  for (let i = 0; i < candidates.length; i += 1) {
    if (!candidates[i]) continue;
    const rise = right.ys[i] - left.ys[i];
    const steepness = right === left ? 1 : Math.hypot(1, rise / (right.x - left.x));
    const distance = Math.abs(left.ys[i] + share * rise - y) / steepness;
    if (distance < bestDistance) {
      bestDistance = distance;
      best = i;
    }
  }
  return best;
}
