/**
 * Where everything goes: axes from left to right, and for each run the height at which its line
 * meets each axis. Below the scales lies a band with a row for each kind of value that has no
 * place on a scale, present only when some run needs it.
 */

import { pieces, shortNames } from "./labels.js";

export const HEAD = 68; // room for the labels above the axes, px
const SLOT_ROW = 20; // height of a row of the band, px
const MIN_GAP = 92; // narrower than this, the plot scrolls sideways instead, px
const NARROW = 560; // a plot that scrolls sideways gives its longest word room
const MOST_GAP = 150; // px
const LETTER = 7.6; // px of a bold letter, about
const SIDE = 64; // room left and right of the outer axes, px

/** Lay the model's axes out in a box of `width` × `height` pixels. */
export function layout(model, width, height) {
  const n = model.axes.length;
  const names = shortNames(model.axes.map((id) => model.column(id).label));
  const side = width < NARROW ? 48 : SIDE;
  const right = width < NARROW ? 60 : 84;
  const gap = n > 1 ? Math.max(width < NARROW ? roomFor(names) : MIN_GAP, (width - side - right) / (n - 1)) : 0;
  const contentWidth = n > 1 ? Math.max(width, side + right + gap * (n - 1)) : width;
  const slots = usedSlots(model);
  const bandHeight = slots.length ? slots.length * SLOT_ROW + 10 : 0;
  const top = HEAD;
  const bottom = height - 14 - bandHeight;
  const rowY = new Map(slots.map((slot, k) => [slot, bottom + 10 + (k + 0.5) * SLOT_ROW]));
  const byStrength = orderByStrength(model);
  const axes = model.axes.map((id, k) => {
    const axis = {
      id,
      name: names[k],
      x: n > 1 ? side + k * gap : width / 2,
      column: model.column(id),
      scale: model.scale(id),
      inverted: model.view.inverted.includes(id),
    };
    axis.y = (unit) => (axis.inverted ? top + unit * (bottom - top) : bottom - unit * (bottom - top));
    axis.unitAt = (y) => {
      const unit = (bottom - y) / (bottom - top);
      return axis.inverted ? 1 - unit : unit;
    };
    axis.ys = heights(axis, model, byStrength, rowY, bottom - top);
    return axis;
  });
  return { axes, top, bottom, slots, rowY, rowHeight: SLOT_ROW, gap, contentWidth, width, height };
}

/** How far axes stand apart so that no word of their names is broken, px. */
function roomFor(names) {
  const letters = Math.max(0, ...names.flatMap(pieces).map((piece) => piece.length));
  return Math.min(MOST_GAP, Math.max(MIN_GAP, letters * LETTER + 32));
}

function usedSlots(model) {
  const used = new Set();
  for (const id of model.axes) {
    model.column(id);
    const scale = model.scale(id);
    for (let i = 0; i < model.runs.length; i += 1) {
      if (model.alive[i]) used.add(scale.slot(i));
    }
  }
  used.delete(0);
  return [...used].sort((a, b) => a - b);
}

/** Runs from weak to strong colour, so that lines meeting in one name fan out in that order. */
function orderByStrength(model) {
  const order = Uint32Array.from(model.runs, (_, i) => i);
  const { strength, bucket } = model.colours;
  const key = strength ?? bucket;
  return order.sort((a, b) => key[a] - key[b] || a - b);
}

/** Height of each run on the axis; lines that share a name or a row are fanned out a little. */
function heights(axis, model, byStrength, rowY, span) {
  const { scale } = axis;
  const n = model.runs.length;
  const ys = new Float32Array(n);
  const groups = new Map();
  for (const i of byStrength) {
    const unit = scale.unit(i);
    const slot = Number.isNaN(unit) ? scale.slot(i) || 1 : 0;
    if (slot) {
      ys[i] = rowY.get(slot) ?? -1;
      join(groups, `slot ${slot}`, i, model.alive[i]);
    } else {
      ys[i] = axis.y(unit);
      if (scale.named) join(groups, unit, i, model.alive[i]);
    }
  }
  const roomPerName = scale.named ? (span / Math.max(1, scale.names.length)) * 0.66 : 0;
  for (const [key, members] of groups) {
    const isRow = typeof key === "string";
    const room = isRow ? Math.min(11, members.length * 1.5) : Math.min(roomPerName, members.length * 5);
    for (let rank = 0; rank < members.length; rank += 1) {
      ys[members[rank]] -= ((rank + 0.5) / members.length - 0.5) * room;
    }
  }
  return ys;
}

function join(groups, key, i, alive) {
  if (!alive) return;
  const members = groups.get(key);
  if (members) members.push(i);
  else groups.set(key, [i]);
}

/**
 * Layouts between two others, for a short glide when axes move or runs change.
 * Runs and axes are matched by id; what is new starts where it ends.
 */
export function between(from, to, fromIndex, runs, share) {
  const eased = 1 - (1 - share) ** 3;
  const before = new Map(from.axes.map((axis) => [axis.id, axis]));
  const axes = to.axes.map((axis) => {
    const old = before.get(axis.id);
    if (!old) return axis;
    const ys = new Float32Array(axis.ys.length);
    for (let i = 0; i < ys.length; i += 1) {
      const j = fromIndex.get(runs[i].id);
      const start = j === undefined ? axis.ys[i] : old.ys[j];
      ys[i] = start + eased * (axis.ys[i] - start);
    }
    return { ...axis, x: old.x + eased * (axis.x - old.x), ys };
  });
  return { ...to, axes };
}
