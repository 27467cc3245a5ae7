/** Lines stroked into a canvas, of the page or of a worker: no document is needed here. */
import { dashOf } from "./standings.js";

const CHUNK = 120; // lines whose colours are grouped into paths
const BOLD = 120; // more lines than this are drawn as thin as goes quickest

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

/** Runs in the order in which they are drawn: those of a higher rank come on top. */
export function ranked(list, rank) {
  return rank ? list.sort((a, b) => rank[a] - rank[b]) : list;
}

/**
 * Stroke the runs of `list`; lines of one colour and dash share a path. Lines wider than a device
 * pixel take ten times as long: many lines are that thin.
 * job: {axes: [{x, ys}], bucket, palette, standings}; `ratio`: device pixels of a CSS pixel.
 */
export function stroke(context, job, list, { alpha, width }, { ratio, isRough = false }) {
  context.lineJoin = "round";
  context.globalAlpha = alpha;
  const isThin = isRough || list.length > BOLD || alpha < 0.6;
  context.lineWidth = isThin ? 1 / ratio : width;
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

/** Begin a picture of `width` × `height` device pixels. */
export function blank(context, width, height, ratio) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}

/**
 * Have what was drawn painted now. Browsers put off what is drawn on a canvas until somebody looks
 * at it, and all slices would be painted in one go at the end.
 */
export function settle(eye, canvas) {
  eye.drawImage(canvas, 0, 0, 1, 1, 0, 0, 1, 1);
}
