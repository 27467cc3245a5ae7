/** The project page: the runs table with filters, groups, columns, and changes to many runs. */
import { theme } from "./common/site.js";
import { h, popover, put } from "./common/dom.js";
import { bindAddress, viewFromText } from "./parallel/address.js";
import { checkbox } from "./parallel/axis_menu.js";
import { Model } from "./parallel/model.js";
import { RunsTable } from "./parallel/table.js";
import { bulkBar } from "./project/bulk.js";
import { deletedButton } from "./project/deleted.js";
import { Filters } from "./project/filters.js";
import { unpack } from "./common/rows.js";
import { Feed, post, showConnection } from "./common/feed.js";
import { asking, sure } from "./run/head.js";

const page = document.querySelector('[data-page="project"]');
const { url, base } = page.dataset;
const part = (name) => page.querySelector(`[data-part="${name}"]`);

function columnsButton(model) {
  const button = h("button", { type: "button" }, "Columns");
  popover(button, (panel) => {
    const search = h("input", { type: "search", placeholder: "Find a column", "aria-label": "Find a column" });
    const list = h("div", { class: "checks" });
    const fill = () => {
      const wanted = search.value.toLowerCase();
      const shown = new Set(model.view.columns ?? []);
      put(list, ...[...model.columns.values()].filter((c) => c.label.toLowerCase().includes(wanted))
        .slice(0, 200).map((column) => checkbox(column.label, shown.has(column.id), (on) => {
          const now = model.view.columns.filter((id) => id !== column.id);
          model.change({ columns: on ? [...now, column.id] : now });
        })));
    };
    search.addEventListener("input", fill);
    fill();
    panel.append(search, list);
  }, { label: "Columns" });
  return button;
}

function groupSelect(model) {
  const select = h("select", { "aria-label": "Group by" }, h("option", { value: "" }, "no groups"),
    ...[...model.columns.values()].map((c) => h("option", { value: c.id }, c.label.slice(0, 60))));
  select.value = model.view.group ?? "";
  select.addEventListener("change", () => model.change({ group: select.value || null }));
  return h("label", { class: "inline-field" }, h("span", {}, "Group"), select);
}

/** Columns worth a place at first: what differs between runs, then what they reached. */
function firstColumns(model) {
  const varied = [...model.columns.values()].filter((column) => {
    if (!["config", "summary"].includes(column.source)) return false;
    model.column(column.id);
    const first = JSON.stringify(column.raw[0]);
    return column.raw.some((value) => JSON.stringify(value) !== first);
  }).map((column) => column.id);
  const summary = varied.filter((id) => id.startsWith("summary.")).slice(0, 5);
  const config = varied.filter((id) => id.startsWith("config.")).slice(0, 6);
  const facts = ["run.sweep", "run.tags"].filter((id) => model.columns.has(id));
  return [...facts, ...config, ...summary, "run.duration", "run.created"];
}

/** The server writes the file: a form that is sent lets the browser save it as it arrives. */
function exportCsv(wanted) {
  const field = (name, value) => h("input", { type: "hidden", name, value });
  const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";
  const form = h("form", { method: "post", action: `${url}/runs.csv`, hidden: true },
    field("csrf", csrf), field("wanted", JSON.stringify(wanted)));
  document.body.append(form);
  form.submit();
  form.remove();
}

/** Until there is a run, the page says how to make one. */
function showFirst(n) {
  part("first").hidden = n > 0;
  const card = page.querySelector(".runs-card");
  card.hidden = n === 0 || "away" in card.dataset; // of the tab of sweeps
}

part("head").prepend(
  asking("Rename project",
    () => h("input", { value: page.querySelector("h1").textContent, "aria-label": "Name of the project",
    maxlength: 128 }), async (name) => {
    window.location.assign((await post(`${url}/actions`, { action: "rename-project", name })).href);
  }, { label: "Rename the project", refuse: (name) => (name.trim() ? "" : "A project needs a name.") }),
  asking("Describe", () => h("textarea", { rows: 4, "aria-label": "Description of the project",
    value: part("description").textContent }), async (description) => {
    await post(`${url}/actions`, { action: "describe", description });
    part("description").textContent = description.trim();
  }, { label: "Describe the project" }),
  sure("Delete project",
    `The project leaves all lists with its runs, sweeps, artifacts and reports. It can be brought back for ${
    page.dataset.days}.`, "Delete it", async () => {
    window.location.assign((await post(`${url}/actions`, { action: "delete-project" })).href);
  }));
for (const place of page.querySelectorAll('[data-part="deleted-sweeps"]')) {
  place.append(deletedButton("sweep", { read: `${url}/deleted?of=sweeps`, write: `${url}/actions`,
    action: "undelete-sweeps", changed: () => window.location.reload() }));
}

async function start() {
  const response = await fetch(`${url}/runs`);
  if (!response.ok) throw new Error(`The server answered ${response.status}`);
  const data = unpack(await response.json());
  showFirst(data.runs.length);
  const model = new Model(data, { view: viewFromText(window.location.hash), theme: theme() });
  if (!model.view.columns) model.view.columns = firstColumns(model);
  part("wait").remove();
  let bulk = null;
  const table = new RunsTable(part("table"), model, {
    runHref: (run) => `${base}/runs/${encodeURIComponent(run.id)}`,
    onChoose: (ids) => bulk?.show(ids), remember: base,
    bar: [groupSelect(model), columnsButton(model),
      h("button", { type: "button", onclick: () => exportCsv(table.shownIds()) }, "Export CSV"),
      deletedButton("run", { read: `${url}/deleted`, write: `${url}/actions`, changed: () => feed.refresh() })],
  });
  bulk = bulkBar(part("bulk"), { model, base, actions: `${url}/actions`,
    changed: () => feed.refresh(), unchoose: () => table.unchoose() });
  if (table.chosen.size) bulk.show([...table.chosen]);
  new Filters(part("filters"), model);
  bindAddress(model);

  const feed = new Feed({ url: `${url}/runs`, document: data, connection: showConnection,
    receive: (fresh) => {
      showFirst(fresh.runs.length);
      if (!model.runs.length) model.view.columns = null;
      model.setData(fresh);
      model.view.columns ??= firstColumns(model);
    } });
  document.addEventListener("themechange", () => model.setTheme(theme()));
  page.dataset.ready = "true";
}

start().catch((error) => {
  part("table").replaceChildren(h("p", { class: "notice is-bad", role: "alert" },
    `The runs cannot be read now: ${error.message}`));
});
