/**
 * Runs as the pages' models have them, of what the server tells: a list of runs as it is, or, of
 * many, one entry a column (see services/tables/json_columns.py).
 */
const OPTIONAL = { stop_reason: null, agent: null, sweep: null, group: null, user: null, notes: "" };

function bytes(text) {
  const binary = atob(text);
  const found = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) found[i] = binary.charCodeAt(i);
  return found.buffer;
}

/** Packed numbers of n runs, NaN for none; how many bytes each has says how it is written. */
function numbersOf(packed, n) {
  const found = bytes(packed);
  const width = found.byteLength / n;
  if (width === 8) return new Float64Array(found);
  if (width === 4) return new Float32Array(found);
  const [whole, none] = width === 2 ? [new Int16Array(found), -32768] : [new Int8Array(found), -128];
  return Float64Array.from(whole, (value) => (value === none ? NaN : value));
}

/** Packed places in a list of n runs, below 0 for none. */
function placesOf(packed, n) {
  const found = bytes(packed);
  const width = found.byteLength / n;
  return width === 4 ? new Int32Array(found) : width === 2 ? new Int16Array(found) : new Int8Array(found);
}

/** Call `set(i, value)` for every run that has a value in a column. */
function each(column, n, set) {
  if (column.n) {
    const numbers = numbersOf(column.n, n);
    for (let i = 0; i < n; i += 1) if (!Number.isNaN(numbers[i])) set(i, numbers[i]);
  }
  if (column.c) {
    const codes = placesOf(column.c, n);
    for (let i = 0; i < n; i += 1) if (codes[i] >= 0) set(i, column.t[codes[i]]);
  }
  for (const [i, value] of column.x ?? []) set(i, value);
}

function fromColumns(table) {
  const runs = Array.from({ length: table.n }, () => ({
    ...OPTIONAL, tags: [], config: {}, metric: { last: null, min: null, max: null }, summary: {},
  }));
  for (const [name, column] of Object.entries(table.facts)) {
    each(column, table.n, (i, value) => { runs[i][name] = value; });
  }
  for (const part of ["config", "metric", "summary"]) {
    for (const [name, column] of Object.entries(table[part])) {
      each(column, table.n, (i, value) => { runs[i][part][name] = value; });
    }
  }
  for (const [name, packed] of Object.entries(table.times)) {
    const micros = new Float64Array(bytes(packed));
    micros.forEach((at, i) => {
      runs[i][name] = Number.isNaN(at) ? null : new Date(at / 1000).toISOString();
    });
  }
  return runs;
}

/** A document {sweep, at} with its `runs`, whichever way they came. */
export function unpack({ table, ...document }) {
  return table ? { ...document, runs: fromColumns(table) } : document;
}
