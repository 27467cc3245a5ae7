/**
 * The runs behind the lines, as a table that keeps only the rows in sight in the page. It shows
 * what the brushes select, sorted by any column, narrowed by words; pointing at a row points at
 * its line, and pointing at a line brings its row into view.
 */
import { h, put } from "../common/dom.js";
import { count } from "../common/values.js";
import { METRIC } from "./columns.js";
import { cell, Finder, grouped, isNumeric, meanOf, sortRows } from "./table_rows.js";
import { standing } from "./standings.js";

const ROW = 34; // height of a row, px; the style sheet says the same
const OVERSCAN = 8;
const FOLLOW_MS = 140;

export class RunsTable {
  /**
   * `onChoose(ids)` adds a check box to each row and is told which rows are ticked. What is ticked
   * is kept under `remember` while the tab is open, so that it is there again after Back.
   */
  constructor(root, model, { runHref = () => null, onChoose = null, bar = [], remember = null } = {}) {
    Object.assign(this, { root, model, runHref, onChoose, remember, closed: new Set() });
    this.chosen = new Set(recall(remember).filter((id) => model.indexOf.has(id)));
    this.lastTicked = null;
    this.search = h("input", { type: "search", placeholder: "Find runs",
      "aria-label": "Find runs", value: model.view.search });
    this.count = h("span", { class: "table-count" });
    this.head = h("thead");
    this.body = h("tbody");
    this.table = h("table", { class: "runs-table" }, this.head, this.body);
    this.scroller = h("div", { class: "table-scroll", tabindex: 0, role: "region",
      "aria-label": "Runs" }, this.table);
    root.append(h("div", { class: "table-bar" }, this.search, this.count, ...bar), this.scroller);
    this.search.addEventListener("input", () => {
      model.change({ search: this.search.value }, "nothing");
      this.update();
    });
    this.scroller.addEventListener("scroll", () => this.#later(), { passive: true });
    this.body.addEventListener("pointerover", (event) => this.#point(event));
    this.body.addEventListener("focusin", (event) => this.#point(event));
    this.body.addEventListener("pointerleave", () => model.hover(-1));
    this.body.addEventListener("click", (event) => {
      this.isShifted = event.shiftKey; // `change`, which follows, does not say
      this.#pin(event);
    }, { capture: true });
    new ResizeObserver(() => this.#later()).observe(this.scroller);
    model.addEventListener("scales", () => this.#headers());
    model.addEventListener("selection", () => this.#soon());
    model.addEventListener("hover", () => this.#hovered());
    this.#headers();
    this.update();
    if (this.chosen.size) onChoose?.([...this.chosen]);
  }

  /** Columns shown: what identifies a run, then the axes, then how it went. */
  columns() {
    const { model } = this;
    const chosen = model.view.columns ?? [
      ...(model.columns.has(METRIC) ? [METRIC] : []),
      ...model.axes.filter((id) => id !== METRIC), "run.duration", "run.created",
    ];
    return [...new Set(chosen)].map((id) => model.column(id)).filter(Boolean);
  }

  /** What is shown, in its order: ids of the runs, members of folded groups too, and of columns. */
  shownIds() {
    const members = this.rows.filter((row) => !Number.isInteger(row)).flatMap((group) => group.members);
    const order = members.length ? members : this.found;
    return { runs: order.map((i) => this.model.runs[i].id),
      columns: [...new Set(["run.state", ...this.shown.map((column) => column.id)])] };
  }

  #headers() {
    const { sort } = this.#sorting();
    const header = (id, label, className) => {
      const direction = sort.id === id ? (sort.down ? "descending" : "ascending") : "none";
      return h("th", { scope: "col", "aria-sort": direction, class: className },
        h("button", { type: "button", title: label.slice(0, 300), onclick: () => this.#sortBy(id) },
          h("span", {}, label.slice(0, 120)), h("i", { "aria-hidden": "true" })));
    };
    this.shown = this.columns();
    put(this.head, h("tr", {}, this.onChoose ? this.#chooseAll() : null,
      header("name", "Run", "is-name"), header("run.state", "State", ""),
      ...this.shown.map((column) => header(column.id, column.label,
        isNumeric(column) ? "is-number" : ""))));
  }

  #chooseAll() {
    const input = h("input", { type: "checkbox", "aria-label": "Choose all runs shown" });
    input.addEventListener("change", () => {
      this.chosen = new Set(input.checked ? this.rows.filter(Number.isInteger)
        .map((i) => this.model.runs[i].id) : []);
      this.#told();
    });
    return h("th", { class: "select-cell" }, input);
  }

  /** Tick a row or, with Shift, all rows from the one ticked before. */
  #choose(event) {
    const i = Number(event.target.closest("tr").dataset.i);
    const [at, from] = [this.rows.indexOf(i), this.rows.indexOf(this.lastTicked)];
    const range = this.isShifted && from >= 0
      ? this.rows.slice(Math.min(at, from), Math.max(at, from) + 1).filter(Number.isInteger) : [i];
    for (const k of range) {
      const { id } = this.model.runs[k];
      if (event.target.checked) this.chosen.add(id);
      else this.chosen.delete(id);
    }
    this.lastTicked = i;
    this.#told();
  }

  #told() {
    keep(this.remember, [...this.chosen]);
    this.onChoose([...this.chosen]);
    this.#paint();
  }

  /** Untick all, as after they were deleted. */
  unchoose() {
    this.chosen.clear();
    if (this.onChoose) this.#told();
  }

  /** By default the best run comes first. */
  #sorting() {
    const { sort } = this.model.view;
    if (sort) return { sort };
    const { metric } = this.model.data.sweep;
    return { sort: metric ? { id: METRIC, down: metric.goal !== "minimize" }
      : { id: "run.created", down: true } };
  }

  #sortBy(id) {
    const { sort } = this.#sorting();
    const down = sort.id === id ? !sort.down : false;
    this.model.change({ sort: { id, down } }, "nothing");
    this.#headers();
    this.update();
    this.scroller.scrollTop = 0;
  }

  /** The table follows when a brush pauses: the plot and the count it moves in go first. */
  #soon() {
    clearTimeout(this.dueTimer);
    this.dueTimer = setTimeout(() => this.update(), FOLLOW_MS);
  }

  update() {
    const { model } = this;
    const words = model.view.search.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (this.search.value !== model.view.search) this.search.value = model.view.search;
    if (!this.finder?.fits(model, this.shown)) this.finder = new Finder(model, this.shown);
    const found = this.#order().filter((i) => model.selected[i]
      && (!words.length || this.finder.has(i, words)));
    this.found = found;
    this.count.textContent = count(found.length, "run");
    this.rows = model.view.group ? grouped(found, model.column(model.view.group), this.closed) : found;
    this.table.setAttribute("aria-rowcount", String(this.rows.length + 1));
    this.#paint();
  }

  /** All runs in the order of the sorting, kept until the runs or the sorting change. */
  #order() {
    const { model } = this;
    const { sort } = this.#sorting();
    const { columns } = model;
    const { ordered } = this;
    if (ordered?.columns !== columns || ordered.id !== sort.id || ordered.down !== sort.down) {
      const rows = Array.from(model.runs, (_, i) => i);
      sortRows(rows, model, sort);
      this.ordered = { columns, ...sort, rows };
    }
    return this.ordered.rows;
  }

  #later() {
    this.paintFrame ??= requestAnimationFrame(() => {
      this.paintFrame = null;
      this.#paint();
    });
  }

  #paint() {
    const { rows, scroller } = this;
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - OVERSCAN);
    const last = Math.min(rows.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW)
      + OVERSCAN);
    const spacer = (height) => (height > 0
      ? h("tr", { class: "spacer", "aria-hidden": "true" }, h("td", { style: { height: `${height}px` } }))
      : null);
    const focused = this.body.contains(document.activeElement)
      ? document.activeElement.closest("tr")?.dataset.i : null;
    put(this.body, spacer(first * ROW), ...rows.slice(first, last).map((i, k) => (
      this.#row(i, first + k))), spacer((rows.length - last) * ROW));
    if (focused) this.body.querySelector(`tr[data-i="${focused}"] a`)?.focus({ preventScroll: true });
    this.#hovered(false);
  }

  #groupRow(group, position) {
    const { closed, model } = this;
    const toggle = h("button", { type: "button", class: "bare", "aria-expanded": String(!closed.has(group.name)),
      onclick: () => {
        if (closed.has(group.name)) closed.delete(group.name);
        else closed.add(group.name);
        this.update();
      } }, `${closed.has(group.name) ? "▸" : "▾"} ${group.name.slice(0, 100) || "no value"}`);
    return h("tr", { class: "group-row", "aria-rowindex": position + 2 },
      this.onChoose ? h("td", { class: "select-cell" }) : null,
      h("th", { scope: "row", class: "is-name" }, toggle), h("td", {}, count(group.members.length, "run")),
      ...this.shown.map((column) => h("td", { class: isNumeric(column) ? "is-number" : null },
        isNumeric(column) && column.id !== model.view.group ? meanOf(column, group.members) : "")));
  }

  #row(i, position) {
    if (!Number.isInteger(i)) return this.#groupRow(i, position);
    const { model } = this;
    const run = model.runs[i];
    const href = this.runHref(run);
    const name = (run.name || run.id).slice(0, 300);
    const swatch = h("span", { class: "swatch",
      style: { background: model.colours.palette[model.colours.bucket[i]] } });
    const isBest = model.bestIndex === i;
    return h("tr", { "data-i": i, "aria-rowindex": position + 2, class: isBest ? "is-best" : null },
      this.onChoose ? h("td", { class: "select-cell" }, h("input", { type: "checkbox",
        checked: this.chosen.has(run.id), "aria-label": `Choose ${name.slice(0, 80)}`,
        onchange: (event) => this.#choose(event) })) : null,
      h("th", { scope: "row", class: "is-name" }, h("div", { class: "name-cell" }, swatch,
        href ? h("a", { href, title: name }, name) : h("span", { title: name }, name),
        isBest ? h("span", { class: "best-mark" }, "best") : null,
        model.onFront.has(i)
          ? h("span", { class: "best-mark", title: "On the Pareto front: no run beats it in every metric" },
          "front") : null)),
      h("td", {}, h("span", { class: `state is-${standing(run)}`, title: run.stop_reason ?? "" },
        run.outcome ?? run.state)),
      ...this.shown.map((column) => cell(column, i)));
  }

  #point(event) {
    const row = event.target.closest("tr[data-i]");
    if (row) this.model.hover(Number(row.dataset.i));
    this.pointing = true;
  }

  #pin(event) {
    if (event.target.closest("a, button, input")) return;
    const row = event.target.closest("tr[data-i]");
    if (!row) return;
    const { id } = this.model.runs[Number(row.dataset.i)];
    this.model.change({ pinned: this.model.view.pinned === id ? null : id }, "nothing");
    this.#hovered(false);
  }

  #hovered(mayScroll = true) {
    const { hovered, pinnedIndex } = this.model;
    if (hovered < 0) this.pointing = this.body.matches(":hover");
    for (const row of this.body.querySelectorAll("tr[data-i]")) {
      row.classList.toggle("is-hovered", Number(row.dataset.i) === hovered);
      row.classList.toggle("is-pinned", Number(row.dataset.i) === pinnedIndex);
    }
    if (!mayScroll || hovered < 0 || this.body.matches(":hover, :focus-within")) return;
    const at = this.rows.indexOf(hovered);
    if (at < 0) return;
    const { scrollTop, clientHeight } = this.scroller;
    const [top, bottom] = [at * ROW, (at + 2) * ROW];
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.scroller.scrollTop = bottom - clientHeight + ROW;
  }
}

function recall(key) {
  try {
    return key ? JSON.parse(sessionStorage.getItem(`chosen ${key}`)) ?? [] : [];
  } catch {
    return []; // storage may be forbidden
  }
}

function keep(key, ids) {
  try {
    if (key) sessionStorage.setItem(`chosen ${key}`, JSON.stringify(ids.slice(0, 10_000)));
  } catch {
    /* storage may be forbidden or full: the choice then lasts for this page */
  }
}
