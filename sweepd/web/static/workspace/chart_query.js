/** What a custom chart's query asks for of a run, and the rows that its history gives. */
const STEP = "_step";

/** What a query asks for of each run: keys of `tables`, of the `history`, of `summary` and `config`. */
export function queryOf(userQuery) {
  const found = { tables: [], history: [], summary: [], config: [] };
  const arg = (field, name) => field.args?.find((item) => item.name === name)?.value;
  for (const field of userQuery?.queryFields?.[0]?.fields ?? []) {
    if (field.name === "summaryTable" || field.name === "historyTable") found.tables.push(arg(field, "tableKey"));
    if (field.name in found && field.name !== "tables") found[field.name].push(...[arg(field, "keys") ?? []].flat());
  }
  for (const [name, keys] of Object.entries(found)) found[name] = keys.filter((key) => typeof key === "string");
  if (typeof userQuery?.tableKey === "string") found.tables.push(userQuery.tableKey);
  return found;
}

/** The keys whose curves the history's rows are made of. */
export const curvesIn = (query) => query.history.filter((key) => key !== STEP);

/**
 * Rows of a history: a step each at which all keys were logged. Of curves that came thinned, n
 * points of which fewer are here, the last value before a step stands for it.
 * series: {key: {x, y, n}} with steps in x.
 */
export function historyRows(series, keys) {
  const curves = keys.map((key) => [key, series?.[key]]);
  if (!curves.length || curves.some(([, curve]) => !curve?.x.length)) return [];
  const steps = curves.reduce((most, [, { x }]) => (x.length > most.length ? x : most), curves[0][1].x);
  const at = curves.map(() => 0);
  const rows = [];
  for (const step of steps) {
    const row = { [STEP]: step };
    const isWhole = curves.every(([key, { x, y, n }], k) => {
      while (at[k] + 1 < x.length && x[at[k] + 1] <= step) at[k] += 1;
      const known = x[at[k]];
      row[key] = y[at[k]];
      return known === step || (n > x.length && known < step);
    });
    if (isWhole) rows.push(row);
  }
  return rows;
}
