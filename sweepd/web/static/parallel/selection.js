/**
 * Brushes and what they select.
 *
 * A brush belongs to one column: {ranges: [[low, high], …], names: [...], slots: [...]}, and in
 * filters also {contains: [...], matches: [...]}. A run passes when its value lies in any range, is
 * (or, a list, holds) one of the names, sits in one of the slots, contains one of the texts or
 * matches one of the regular expressions; neither minds capitals.
 * An end that touches the end of the axis is null, which means open: extreme values are always
 * inside, and so are better ones that arrive later. Several brushed columns intersect.
 */
import { numericSlot, namedSlot, nameOf, SLOTS, NONPOSITIVE } from "../common/values.js";

const PARTS = ["ranges", "names", "slots", "contains", "matches"];

export function isEmpty(brush) {
  return !brush || !PARTS.some((part) => brush[part]?.length);
}

/** A function of a run's index that says whether it passes the brush on `column`. */
function test(column, brush, isLog) {
  const slots = (brush.slots ?? []).map((slot) => SLOTS.indexOf(slot));
  if (brush.contains?.length || brush.matches?.length) {
    const texts = (brush.contains ?? []).map((text) => text.toLowerCase());
    const patterns = (brush.matches ?? []).map(pattern).filter(Boolean);
    return (i) => column.named().nameSlots[i] === 0 && column.membersOf(i).some((member) => (
      texts.some((text) => member.toLowerCase().includes(text))
      || patterns.some((regex) => regex.test(member))));
  }
  if (brush.names?.length) {
    const wanted = new Set(brush.names);
    column.named();
    return (i) => (column.nameSlots[i] === 0
      ? wanted.has(column.names[i]) || column.membersOf(i).some((member) => wanted.has(member))
      : slots.includes(column.nameSlots[i]));
  }
  const ranges = (brush.ranges ?? []).map(([a, b]) => [a ?? -Infinity, b ?? Infinity]);
  const { numbers } = column;
  const numericSlots = column.slots;
  return (i) => {
    const value = numbers[i];
    if (Number.isNaN(value)) return slots.includes(numericSlots[i]);
    if (isLog && value <= 0) return slots.includes(NONPOSITIVE);
    for (const [low, high] of ranges) if (value >= low && value <= high) return true;
    return false;
  };
}

/** A regular expression as typed, or null where it is none. */
export function pattern(text) {
  try {
    return new RegExp(text, "iu");
  } catch {
    return null;
  }
}

/**
 * Clear mask[i] for every run that fails a brush (or, with `drop`, that passes all). With `any` a
 * run passes by any one of the brushes.
 */
export function apply(mask, columns, brushes, kindOf, { drop = false, any = false } = {}) {
  const tests = [];
  for (const [id, brush] of Object.entries(brushes)) {
    const column = columns(id);
    if (column && !isEmpty(brush)) tests.push(test(column, brush, kindOf(id) === "log"));
  }
  if (!tests.length) return;
  for (let i = 0; i < mask.length; i += 1) {
    if (!mask[i]) continue;
    const passes = any ? tests.some((passesTest) => passesTest(i))
      : tests.every((passesTest) => passesTest(i));
    if (passes === drop) mask[i] = 0;
  }
}

/** Whether one raw value passes a brush: used where there are no columns, as in tests. */
export function passes(value, brush) {
  if (brush.names?.length) {
    const slot = namedSlot(value);
    return slot ? (brush.slots ?? []).includes(SLOTS[slot]) : brush.names.includes(nameOf(value));
  }
  const slot = numericSlot(value);
  if (slot) return (brush.slots ?? []).includes(SLOTS[slot]);
  return (brush.ranges ?? []).some(([a, b]) => value >= (a ?? -Infinity) && value <= (b ?? Infinity));
}

/** Intervals of the axis ([from, to] in units) that a brush covers, for drawing and dragging. */
export function intervals(brush, scale) {
  if (isEmpty(brush)) return [];
  if (!scale.named) {
    return (brush.ranges ?? []).map(([low, high]) => [
      low === null ? 0 : clamp(scale.unitOf(low)), high === null ? 1 : clamp(scale.unitOf(high)),
    ]);
  }
  const n = Math.max(1, scale.names.length);
  const places = (brush.names ?? []).map((name) => scale.place.get(name))
    .filter((k) => k !== undefined).sort((a, b) => a - b);
  const found = [];
  for (const k of places) {
    if (found.length && Math.abs(found.at(-1)[1] - k / n) < 1e-9) found.at(-1)[1] = (k + 1) / n;
    else found.push([k / n, (k + 1) / n]);
  }
  return found;
}

/** The brush that covers these intervals of the axis; `slots` are kept as they are. */
export function fromIntervals(pairs, scale, slots = []) {
  if (scale.named) {
    const n = scale.names.length;
    const names = scale.names.filter((_, k) => pairs.some(([from, to]) => (
      (k + 0.5) / n >= from && (k + 0.5) / n <= to
    )));
    return { names, slots };
  }
  const ranges = pairs.map(([from, to]) => [
    from <= 0.001 ? null : rounded(scale.valueAt(from), scale, from),
    to >= 0.999 ? null : rounded(scale.valueAt(to), scale, to),
  ]);
  return { ranges, slots };
}

/** Drop the digits that a pixel of the axis cannot show, so that addresses stay short. */
function rounded(value, scale, unit) {
  if (scale.kind === "time") return Math.round(value / 1000) * 1000;
  const nearby = scale.valueAt(unit < 0.5 ? unit + 0.002 : unit - 0.002);
  const resolution = Math.abs(nearby - value) || Math.abs(value) * 0.001 || 0.001;
  const digits = Math.max(0, Math.min(15, -Math.floor(Math.log10(resolution))));
  return resolution >= 1 ? Math.round(value) : Number(value.toFixed(digits));
}

function clamp(unit) {
  return Math.min(1, Math.max(0, unit));
}
