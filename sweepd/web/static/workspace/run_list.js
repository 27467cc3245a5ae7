/**
 * The list of runs at the left: an eye and a colour each, search, filter, groups, order. Only the
 * rows in sight are elements, so ten thousand runs scroll as ten do. On a phone it is a drawer.
 */
import { h, put } from "../common/dom.js";
import { count, formatNumber } from "../common/values.js";
import { standing } from "../parallel/model.js";
import { crosshair } from "../curves/crosshair.js";
import { byName } from "../curves/keys.js";
import { oursOf, reader, runSetOf, setEyes } from "./spec.js";
import { describeFilter } from "./filter_form.js";
import { runMenus } from "./run_menus.js";
import { slugOf } from "./runs.js";

const ROW = 30;
const MARGIN = 12; // rows drawn beyond what is in sight

export class RunList {
  constructor(root, { view, runs, base, keys, metric = () => null }) {
    Object.assign(this, { root, view, runs, base, last: null, folded: new Set() });
    this.search = h("input", { type: "search", placeholder: "Search runs", "aria-label": "Search runs" });
    this.regex = h("button",
      { type: "button", class: "bare ws-regex", "aria-pressed": "false", title: "Search by regular expression",
      "aria-label": "Regular expression", onclick: () => this.#search(!this.isRegex) }, ".*");
    this.count = h("p", { class: "small quiet ws-count", role: "status" });
    this.head = h("div", { class: "ws-runs-tools" });
    this.chips = h("div", { class: "filters" });
    this.inner = h("div", { class: "ws-rows-inner" });
    this.list = h("div", { class: "ws-rows", tabindex: "0", role: "group", "aria-label": "List of runs" }, this.inner);
    this.close = h("button", { type: "button", class: "bare ws-drawer-close", "aria-label": "Close the list of runs",
      onclick: () => this.toggle(false) }, "×");
    root.append(h("header", { class: "ws-runs-head" }, h("h2", {}, "Runs"), this.count, this.close),
      h("div", { class: "ws-search" }, this.search, this.regex), this.head, this.chips, this.list);
    this.search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.#search(this.isRegex), 250);
    });
    this.list.addEventListener("scroll", () => this.#rows());
    new ResizeObserver(() => this.#rows()).observe(this.list);
    this.inner.addEventListener("pointerover", (event) => {
      const id = event.target.closest?.("[data-run]")?.dataset.run;
      if (id) crosshair.markRun(id);
    });
    this.inner.addEventListener("pointerleave", () => crosshair.markRun(null));
    this.inner.addEventListener("click", (event) => this.#press(event));
    runMenus(this.head, { view, runs, keys, metric });
  }

  /** On a narrow page a drawer opens or closes; on a wide one the list folds away. */
  toggle(isShown = !this.root.classList.contains("is-shown")) {
    if (window.matchMedia("(max-width: 900px)").matches) {
      this.root.classList.toggle("is-shown", isShown);
      if (isShown) this.search.focus();
      return;
    }
    this.view.note((spec) => {
      const ours = oursOf(spec);
      ours.isListFolded = !ours.isListFolded;
    });
    this.view.dispatchEvent(new Event("view"));
  }

  get isRegex() {
    return Boolean(runSetOf(this.view.spec).search?.isRegex);
  }

  #search(isRegex) {
    this.view.change((spec) => {
      const runSet = runSetOf(spec);
      runSet.search = { ...runSet.search, query: this.search.value };
      if (isRegex) runSet.search.isRegex = true;
      else delete runSet.search.isRegex;
    });
  }

  /** Follow the runs and the view. */
  update() {
    this.root.parentElement.classList.toggle("is-folded", Boolean(this.view.spec.sweepd?.isListFolded));
    const runSet = runSetOf(this.view.spec);
    if (document.activeElement !== this.search) this.search.value = runSet.search?.query ?? "";
    this.regex.setAttribute("aria-pressed", String(this.isRegex));
    const { rows, open, drawn, all } = this.runs;
    this.count.textContent = `${open.length.toLocaleString("en")} of ${count(rows.length, "run")} shown`
      + (drawn.length < open.length ? `, ${drawn.length} drawn` : "")
        + (rows.length < all.length ? `; ${(all.length - rows.length).toLocaleString("en")} filtered out` : "");
    const items = runSet.filters?.filterFormat === "filterV2" ? runSet.filters.filters : [];
    put(this.chips, ...items.map((item, k) => h("span", { class: "filter" }, describeFilter(item),
      h("button", { type: "button", "aria-label": `Remove the filter ${describeFilter(item)}`,
        onclick: () => this.view.change((spec) => {
        const list = runSetOf(spec).filters.filters;
        list.splice(k, 1);
        if (list.length) delete list[0].connector;
      }) }, "×"))));
    this.#lay();
    this.#rows();
  }

  /** Rows of the list: runs, or groups with their runs. */
  #lay() {
    const { runs } = this;
    if (!runs.isGrouped) {
      this.items = runs.rows.map((run) => ({ run }));
      return;
    }
    const groups = new Map();
    for (const run of runs.rows) {
      const name = runs.groupOf(run);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(run);
    }
    this.items = [...groups].sort(([a], [b]) => byName(a, b)).flatMap(([name, members]) => [{ group: name, members },
      ...(this.folded.has(name) ? [] : members.map((run) => ({ run })))]);
  }

  #rows() {
    if (!this.items) return;
    const top = Math.max(0, Math.floor(this.list.scrollTop / ROW) - MARGIN);
    const end = Math.min(this.items.length, top + Math.ceil(this.list.clientHeight / ROW) + 2 * MARGIN);
    this.inner.style.height = `${this.items.length * ROW}px`;
    const focused = document.activeElement?.closest?.("[data-row]")?.dataset.row;
    put(this.inner, ...this.items.slice(top, end).map((item, k) => this.#row(item, top + k)));
    if (focused !== undefined) this.inner.querySelector(`[data-row="${focused}"] button`)?.focus();
    if (!this.items.length) put(this.inner,
      h("p", { class: "quiet small ws-none" }, this.runs.all.length ? "No run matches." : "No runs yet."));
  }

  #row(item, k) {
    const style = { top: `${k * ROW}px` };
    if (item.group !== undefined) {
      const isOpen = item.members.some((run) => this.runs.isOpen(run.id));
      return h("div", { class: "ws-row is-group", style, "data-row": k, "data-group": item.group },
        eye(isOpen, item.group),
        h("span", { class: "swatch", style: { background: this.runs.groupColour(item.group) } }),
        h("button", { type: "button", class: "bare ws-fold", "aria-expanded": String(!this.folded.has(item.group)) },
          `${item.group.slice(0, 90)} `,
          h("span", { class: "quiet" }, String(item.members.length))));
    }
    const { run } = item;
    const isOpen = this.runs.isOpen(run.id);
    const state = standing(run);
    const [sort] = runSetOf(this.view.spec).sort?.keys ?? [];
    const value = sort && !["createdAt", "displayName", "name"].includes(sort.key.name) ? reader(sort.key)(run)
      : undefined;
    const isPinned = this.runs.pinned.has(run.id);
    return h("div", { class: `ws-row${isOpen ? "" : " is-shut"}${this.runs.isGrouped ? " is-member" : ""}`,
      style, "data-row": k, "data-run": run.id },
      eye(isOpen, run.name || run.id),
      h("input", { type: "color", class: "ws-colour", value: hexOf(this.runs.colour(run)),
        "aria-label": `Colour of ${run.name || run.id}`,
        style: { "--run": this.runs.colour(run) }, onchange: (event) => this.view.change((spec) => {
          spec.section.customRunColors = { ...spec.section.customRunColors, [run.id]: event.target.value };
        }) }),
      h("a", { href: `${this.base}/runs/${encodeURIComponent(run.id)}`, title: run.name || run.id },
        (run.name || run.id).slice(0, 120)),
      state === "finished" ? null
        : h("span", { class: `ws-state is-${state}`, title: run.outcome ?? run.state }, state),
      value === undefined ? null : h("span", { class: "ws-value" },
        typeof value === "number" ? formatNumber(value) : String(value ?? "–").slice(0, 24)),
      h("button", { type: "button", class: "bare ws-pin", "aria-pressed": String(isPinned),
        "aria-label": `${isPinned ? "Unpin" : "Pin"} ${run.name || run.id}` }, isPinned ? "★" : "☆"));
  }

  #press(event) {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    if (event.target.closest(".ws-fold")) {
      const { group } = row.dataset;
      if (!this.folded.delete(group)) this.folded.add(group);
      this.#lay();
      this.#rows();
    } else if (event.target.closest(".ws-eye")) this.#eye(Number(row.dataset.row), event.shiftKey);
    else if (event.target.closest(".ws-pin")) {
      const id = row.dataset.run;
      this.view.change((spec) => {
        const runSet = runSetOf(spec);
        const pinned = (runSet.pinnedRunIds ?? []).filter((text) => slugOf(text) !== id);
        if (!this.runs.pinned.has(id)) pinned.push(id);
        if (pinned.length) runSet.pinnedRunIds = pinned;
        else delete runSet.pinnedRunIds;
      });
    }
  }

  /** Shift: all rows from the one pressed last to this one. */
  #eye(k, isRange) {
    const item = this.items[k];
    const members = item.members ?? [item.run];
    const isOpen = !members.some((run) => this.runs.isOpen(run.id));
    const [from, to] = isRange && this.last !== null ? [Math.min(this.last, k), Math.max(this.last, k)] : [k, k];
    const ids = this.items.slice(from, to + 1).flatMap((one) => (one.members ?? [one.run]).map((run) => run.id));
    this.last = k;
    this.view.change((spec) => setEyes(runSetOf(spec), ids, isOpen));
  }
}

function eye(isOpen, name) {
  return h("button", { type: "button", class: "bare ws-eye", "aria-pressed": String(isOpen),
    "aria-label": `Show ${name}` }, isOpen ? "●" : "○");
}

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const hexes = new Map(); // colours of runs repeat, and a pixel that is read takes its time

/** Any colour as #rrggbb, for the field that changes it. */
function hexOf(colour) {
  if (hexes.has(colour)) return hexes.get(colour);
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const parts = [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  const hex = `#${parts.map((x) => x.toString(16).padStart(2, "0")).join("")}`;
  hexes.set(colour, hex);
  return hex;
}
