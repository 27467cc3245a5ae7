/** Rows and cells of the runs table: grouping, finding, sorting; no page is touched but cells. */
import { h } from "../common/dom.js";
import { exact, relative, write } from "../common/kinds.js";
import { formatDuration, formatNumber, formatValue } from "../common/values.js";

/**
 * Rows with a heading before each group; closed groups show only the heading. A run stands under
 * each member of a list.
 */
export function grouped(rows, column, closed) {
  if (!column) return rows;
  column.named();
  const groups = new Map();
  for (const i of rows) {
    for (const name of column.membersOf(i)) {
      const members = groups.get(name);
      if (members) members.push(i);
      else groups.set(name, [i]);
    }
  }
  return [...groups].sort(([a], [b]) => COLLATOR.compare(a, b)).flatMap(([name, members]) => [
    { name, members }, ...(closed.has(name) ? [] : members)]);
}

/** Mean and spread of a group, written short. */
export function meanOf(column, members) {
  const values = members.map((i) => column.numbers[i]).filter((value) => !Number.isNaN(value));
  if (!values.length) return "–";
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  return `${formatNumber(mean)} ± ${formatNumber(spread, 2)}`;
}

export function isNumeric(column) {
  return column.kind !== "time" && column.slots.includes(0);
}

export function cell(column, i) {
  const value = column.raw[i];
  if (column.kind === "time") {
    const ms = value ?? NaN;
    return h("td", { title: exact(ms) }, Number.isFinite(ms) ? relative(ms) : "–");
  }
  const text = writeIn(column, value);
  return h("td", { class: isNumeric(column) ? "is-number" : null,
    title: text.length > 24 ? text.slice(0, 500) : null }, text.slice(0, 200));
}

/** A value of a column in words. */
export function writeIn(column, value) {
  if (column.id === "run.duration") return formatDuration(value ?? NaN);
  return column.source === "summary" ? write(column.id.slice("summary.".length), value) : formatValue(value);
}

/** What a run is found by, as one text in small letters; made once for runs and columns. */
export class Finder {
  constructor(model, columns) {
    Object.assign(this, { model, columns, runs: model.runs, texts: new Array(model.runs.length) });
  }

  fits(model, columns) {
    return this.runs === model.runs && this.columns === columns;
  }

  /** Whether run i has all of the words. */
  has(i, words) {
    let text = this.texts[i];
    if (text === undefined) {
      const run = this.runs[i];
      text = [run.name, run.id, run.state, run.outcome ?? "", run.stop_reason ?? "",
        ...this.columns.map((c) => `${c.label}=${String(c.raw[i]).slice(0, 300)}`)].join(" ").toLowerCase();
      this.texts[i] = text;
    }
    return words.every((word) => text.includes(word));
  }
}

const COLLATOR = new Intl.Collator("en", { numeric: true });

/** Sort run indices in place; runs without a value come last in both directions. */
export function sortRows(rows, model, { id, down }) {
  const sign = down ? -1 : 1;
  const column = id === "name" ? null : model.column(id);
  if (column && (isNumeric(column) || column.kind === "time")) {
    const { numbers } = column;
    rows.sort((a, b) => {
      const [x, y] = [numbers[a], numbers[b]];
      const [noX, noY] = [Number.isNaN(x), Number.isNaN(y)];
      if (noX || noY) return noX === noY ? a - b : noX ? 1 : -1;
      return sign * (x - y) || a - b;
    });
    return;
  }
  const names = column ? column.named().names : model.runs.map((run) => run.name || run.id);
  const ranks = new Map([...new Set(rows.map((i) => names[i]))].sort(COLLATOR.compare)
    .map((name, k) => [name, k]));
  rows.sort((a, b) => {
    if (!names[a] || !names[b]) return (names[a] ? 0 : 1) - (names[b] ? 0 : 1) || a - b;
    return sign * (ranks.get(names[a]) - ranks.get(names[b])) || a - b;
  });
}
