/**
 * Lines on a canvas. Up to a few hundred are drawn at once. Of more, a fair sample is drawn at
 * once and the whole is drawn out of sight, in slices that leave the page awake, and shown when
 * it is complete: whatever the number, the answer to a brush comes in the next frame, and nothing
 * flickers. Lines of one colour and dash share a path.
 */
import { STANDINGS } from "./model.js";

const SAMPLE = 240; // lines drawn at once, at most
const LEAST_SAMPLE = 80;
const FEW = 24; // so few lines cost nothing however they are drawn
const REST_MS = 180; // a brush that moves again within this time gets another sample instead
const CHUNK = 120; // lines whose colours are grouped into paths
const FRAME_MS = [20, 34]; // slices grow below the first and shrink above the second
const DASHES = {
  finished: [], running: [7, 4], pending: [2, 5], stopped: [10, 3, 2, 3], failed: [2, 3],
};
export const dashOf = (standing) => DASHES[STANDINGS[standing]];

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

/** How opaque and wide n lines are drawn, so that few are bold and many show their density. */
export function weight(n) {
  if (n <= 40) return { alpha: 0.95, width: 1.9 };
  if (n <= 200) return { alpha: 0.75, width: 1.5 };
  return { alpha: Math.max(0.09, 0.75 * (200 / n) ** 0.58), width: 1 };
}

export function trace(context, axes, i) {
  context.moveTo(axes[0].x, axes[0].ys[i]);
  for (let a = 1; a < axes.length; a += 1) context.lineTo(axes[a].x, axes[a].ys[i]);
}

function ranked(list, rank) {
  return rank ? list.sort((a, b) => rank[a] - rank[b]) : list;
}

export class LineLayer {
  #frame = 0;
  #timer = 0;
  #slice = SAMPLE / 2;
  #sample = SAMPLE;

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.hidden = document.createElement("canvas");
  }

  resize(width, height) {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    this.ratio = ratio;
  }

  clear(context = this.context) {
    if (context === this.context) {
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#timer);
      this.#frame = 0;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
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
      whenDone();
      return;
    }
    const isAll = job.list.length <= SAMPLE;
    const isRough = Boolean(job.isMoving) && job.list.length > FEW;
    const sample = ranked(job.list.slice(0, isAll ? SAMPLE : this.#sample), job.rank);
    this.#lines(this.context, job, sample, weight(sample.length), isRough);
    this.#learn(performance.now());
    if (isAll && !isRough) whenDone();
    else this.#timer = setTimeout(() => this.#drawHidden(job, whenDone), REST_MS);
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

  #drawHidden(job, whenDone) {
    this.hidden.width = this.canvas.width;
    this.hidden.height = this.canvas.height;
    const context = this.hidden.getContext("2d");
    let list = null;
    let next = 0;
    let before = 0;
    const step = (now) => {
      const took = before ? now - before : FRAME_MS[0];
      before = now;
      if (took < FRAME_MS[0]) this.#slice = Math.min(4000, this.#slice * 1.5);
      if (took > FRAME_MS[1]) this.#slice = Math.max(CHUNK, this.#slice * 0.7);
      if (!list) {
        this.clear(context);
        list = ranked(job.list.slice(), job.rank);
      }
      const end = Math.min(list.length, next + Math.round(this.#slice));
      this.#lines(context, job, list.subarray(next, end), weight(list.length));
      next = end;
      this.#frame = requestAnimationFrame(next < list.length ? step : show);
    };
    const show = () => {
      this.clear();
      this.context.setTransform(1, 0, 0, 1, 0, 0);
      this.context.drawImage(this.hidden, 0, 0);
      this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      whenDone();
    };
    this.#frame = requestAnimationFrame(step);
  }

  /** Lines wider than a device pixel take ten times as long: many lines are that thin. */
  #lines(context, job, list, { alpha, width }, isRough = false) {
    context.lineJoin = "round";
    context.globalAlpha = alpha;
    const isThin = isRough || list.length > SAMPLE / 2 || alpha < 0.6;
    context.lineWidth = isThin ? 1 / this.ratio : width;
    for (let from = 0; from < list.length; from += CHUNK) {
      const paths = new Map();
      for (let k = from; k < Math.min(list.length, from + CHUNK); k += 1) {
        const i = list[k];
        const key = job.bucket ? job.bucket[i] * 8 + job.standings[i] : 0;
        const members = paths.get(key);
        if (members) members.push(i);
        else paths.set(key, [i]);
      }
      for (const [key, members] of paths) {
        context.strokeStyle = job.bucket ? job.palette[key >> 3] : job.palette[0];
        context.setLineDash(job.bucket && !isRough ? dashOf(key & 7) : []);
        context.beginPath();
        for (const i of members) trace(context, job.axes, i);
        context.stroke();
      }
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
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
