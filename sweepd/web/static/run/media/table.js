/** Logged tables: read from the version that holds their media, sorted, searched, page by page. */
import { h, put } from "../../common/dom.js";
import { count, formatValue } from "../../common/values.js";
import { drawMedia } from "./kinds.js";
import { inArtifact, readJson } from "./reading.js";

const PER_PAGE = 25;
const WORDS = new Set(["NaN", "Infinity", "-Infinity"]);

export const isTable = (media) => /^(incremental-)?table-file$|^joined-table$/.test(media._type);

/** The table of one step; `fileUrl(path)` addresses the run's own files. */
export function tableView(media, fileUrl) {
  const place = h("div", { class: "media-table" }, h("p", { class: "quiet" }, "Reading the table…"));
  readTable(media, fileUrl).then((table) => new TableView(place, table))
    .catch((error) => put(place, h("p", { class: "quiet" }, `This table cannot be read: ${error.message}`)));
  return place;
}

/**
 * {columns, types, data, url}: from the version, whose cells lead to images and the like; else from
 * the run's file, which has only their kinds.
 */
export async function readTable(media, fileUrl) {
  const parts = [...(media.previous_increments_paths ?? []), media.artifact_path].map(inArtifact);
  try {
    if (parts.includes(null)) throw new Error("its version is not named");
    const tables = await Promise.all(parts.map(async ({ path, url }) => (
      joined({ ...await readJson(url(path)), url }))));
    const last = tables.at(-1);
    return { ...last, data: tables.flatMap((table) => table.data.map((row) => ({ row, url: table.url }))) };
  } catch (error) {
    if (!media.path) throw error;
    const url = fileUrl;
    const found = await readJson(url(media.path));
    return { columns: found.columns, types: {}, data: found.data.map((row) => ({ row, url })) };
  }
}

/** A table as it is, or the two tables of a joined one beside each other, matched by its key. */
async function joined(found) {
  const types = found.column_types?.params?.type_map ?? {};
  if (found._type !== "joined-table") return { ...found, types };
  const [left, right] = await Promise.all([found.table1, found.table2].map((name) => readJson(found.url(name))));
  const keys = [found.join_key].flat();
  const [a, b] = [left.columns.indexOf(keys[0]), right.columns.indexOf(keys.at(-1))];
  const matches = new Map(right.data.map((row) => [String(row[b]), row]));
  const none = right.columns.map(() => null);
  return { columns: [...left.columns,
    ...right.columns.map((name) => (left.columns.includes(name) ? `${name} (2)` : name))],
    types: {}, url: found.url, data: left.data.map((row) => [...row, ...(matches.get(String(row[a])) ?? none)]) };
}

class TableView {
  constructor(place, { columns = [], types = {}, data = [] }) {
    Object.assign(this, { columns, data, page: 0, sort: null, isNumber: [], isTime: [] });
    columns.forEach((name, k) => {
      const values = data.slice(0, 200).map(({ row }) => row[k]).filter((v) => v !== null && v !== undefined);
      this.isTime[k] = JSON.stringify(types[name] ?? "").includes('"timestamp"');
      this.isNumber[k] = !this.isTime[k] && values.length > 0
        && values.every((v) => typeof v === "number" || WORDS.has(v));
    });
    this.search = h("input", { type: "search", placeholder: "Find rows", "aria-label": "Find rows" });
    this.search.addEventListener("input", () => this.show(0));
    this.count = h("span", { class: "table-count", role: "status" });
    const turn = (text, by) => h("button", { type: "button", onclick: () => this.show(this.page + by) }, text);
    [this.back, this.on] = [turn("Back", -1), turn("More", 1)];
    this.head = h("thead");
    this.body = h("tbody");
    put(place, h("div", { class: "media-table-bar" }, data.length > 5 ? this.search : null, this.count,
      this.back, this.on), h("div", { class: "scroll-x", tabindex: 0, role: "region", "aria-label": "Table" },
      h("table", { class: "plain-table" }, this.head, this.body)));
    this.show(0);
  }

  /** The rows that hold the words sought, in the order asked for. */
  #found() {
    const wanted = this.search.value.trim().toLowerCase();
    const rows = wanted ? this.data.filter(({ row }) => row.some((value) => (
      formatValue(value).toLowerCase().includes(wanted)))) : [...this.data];
    if (!this.sort) return rows;
    const { column: k, by } = this.sort;
    const rank = (value) => (value === null || value === undefined || WORDS.has(value) ? 1 : 0);
    return rows.sort(({ row: a }, { row: b }) => rank(a[k]) - rank(b[k]) || by * (this.isNumber[k] ? a[k] - b[k]
      : formatValue(a[k]).localeCompare(formatValue(b[k]), undefined, { numeric: true })));
  }

  show(page) {
    const rows = this.#found();
    const pages = Math.max(1, Math.ceil(rows.length / PER_PAGE));
    this.page = Math.max(0, Math.min(pages - 1, page));
    const first = this.page * PER_PAGE;
    const shown = rows.slice(first, first + PER_PAGE);
    this.count.textContent = pages > 1 ? `${first + 1}–${first + shown.length} of ${count(rows.length, "row")}`
      : count(rows.length, "row");
    this.back.hidden = this.on.hidden = pages === 1;
    this.back.disabled = this.page === 0;
    this.on.disabled = this.page === pages - 1;
    put(this.head, h("tr", {}, ...this.columns.map((name, k) => this.#header(name, k))));
    put(this.body, ...shown.map(
      ({ row, url }) => h("tr", {}, ...this.columns.map((_, k) => this.#cell(row[k], k, url)))));
  }

  #header(name, k) {
    const by = this.sort?.column === k ? this.sort.by : 0;
    const next = { 0: { column: k, by: 1 }, 1: { column: k, by: -1 }, "-1": null }[by];
    const mark = h("i", { "aria-hidden": "true" });
    return h("th", { scope: "col", class: this.isNumber[k] ? "is-number" : null,
      "aria-sort": { 0: "none", 1: "ascending", "-1": "descending" }[by] },
    h("button", { type: "button", class: "bare", onclick: () => {
      this.sort = next;
      this.show(0);
    } }, h("span", {}, String(name).slice(0, 120)), mark));
  }

  #cell(value, k, url) {
    if (this.isTime[k] && typeof value === "number")
      return h("td", {}, new Date(value).toISOString().replace("T", " ").slice(0, 19));
    if (value?._type && (value.path || value._type === "histogram")) return h("td", {}, ...drawMedia(value, url));
    return h("td", { class: this.isNumber[k] ? "is-number" : null }, formatValue(value).slice(0, 300));
  }
}
