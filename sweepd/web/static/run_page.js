/** The run page: head, tabs, and what keeps them up to date. */
import "./common/site.js";
import { h, put } from "./common/dom.js";
import { write } from "./common/kinds.js";
import { moment } from "./common/moments.js";
import { formatDuration, formatNumber } from "./common/values.js";
import { duration } from "./parallel/columns.js";
import { Feed, post, showConnection } from "./common/feed.js";
import { readAddress, writeAddress } from "./run/address.js";
import { RunCurves } from "./run/curves.js";
import { CurveSource } from "./curves/source.js";
import { Console } from "./run/console.js";
import { CustomCharts } from "./run/custom.js";
import { filesTab } from "./run/files.js";
import { alertList, alertNote } from "./run/alerts.js";
import { notesField } from "./run/notes.js";
import { renderControls, renderTags } from "./run/head.js";
import { MediaCards } from "./run/media.js";
import { drawMedia } from "./run/media/kinds.js";
import { isTable, readTable, tableView } from "./run/media/table.js";

const page = document.querySelector('[data-page="run"]');
const { url, base } = page.dataset;
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const fileUrl = (path) => `${url}/files/${path.split("/").map(encodeURIComponent).join("/")}`;
let overview = null;
let open = null;

async function read(address) {
  const response = await fetch(address);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}`);
  return answer;
}

const source = new CurveSource(page.dataset.curves);
const own = () => ({ id: overview.run.id, name: overview.run.name || overview.run.id, number: overview.run.number });
const isNumber = (value) => typeof value === "number" || ["NaN", "Infinity", "-Infinity"].includes(value);

const TABS = { Charts: charts, Overview: facts, Console: consoleTab, System: system,
  Files: (panel) => filesTab(panel, url, fileUrl), Artifacts: artifacts, Alerts: alerts };

async function charts(panel) {
  const [drawn, logged] = [h("div", { class: "chart-grid" }), h("div", { class: "stack" })];
  const curves = new RunCurves(panel, { source, own: own(), siblings: overview.siblings,
    steps: overview.step_metrics, view: readAddress(), changed: writeAddress });
  panel.append(drawn, logged);
  const numbers = () => Object.keys(overview.summary).filter((key) => isNumber(overview.summary[key]));
  const state = () => String(overview.run.n_steps);
  if (numbers().length) curves.update({ keys: numbers(), state: state(), hasMore: true });
  const media = new MediaCards(logged, { fileUrl, labels: (key) => overview.mask_labels[key] ?? {} });
  const custom = new CustomCharts(drawn, (table) => readTable(table, fileUrl));
  curves.find.addEventListener("input", () => {
    media.find(curves.find.value);
    custom.find(curves.find.value);
  });
  const update = async () => {
    const answer = await read(`${url}/history?only=media`);
    const tables = new Set(overview.charts.map((chart) => chart.table));
    const all = { ...inSummary(answer.media), ...answer.media };
    const keys = new Set([...numbers().filter((key) => answer.numbers.includes(key)), ...answer.numbers]);
    curves.update({ keys: [...keys], state: state(), hasMore: overview.charts.length + Object.keys(all).length > 0 });
    custom.update(overview.charts, (key) => overview.summary[key] ?? answer.media[key]?.at(-1)?.[1]);
    media.update(Object.fromEntries(Object.entries(all).filter(([key]) => !tables.has(key))));
  };
  await update();
  return update;
}

/** Media that a script put into the summary by hand, so that no step has it. */
function inSummary(logged) {
  return Object.fromEntries(Object.entries(overview.summary)
    .filter(([key, value]) => value?._type && !(key in logged)).map(([key, value]) => [key, [[null, value]]]));
}

function facts(panel) {
  const search = h("input", { type: "search", placeholder: "Find a key", "aria-label": "Find a key" });
  const notes = notesField(overview.run.notes, (text) => post(`${url}/actions`, { action: "notes", notes: text }));
  const list = h("dl", { class: "pairs" });
  const tables = h("div", { class: "columns" });
  const fill = () => {
    const { run } = overview;
    const pairs = [["Path", run.path], ["Sweep", run.sweep], ["Started by", run.user], ["Machine", run.host],
      ["Program", run.program], ["Commit", run.commit], ["Repository", run.repo], ["Group", run.group],
      ["Job type", run.job_type], ["Exit code", run.exitcode], ["Attempt", run.attempt]];
    put(list, ...pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
      .flatMap(([key, value]) => [h("dt", {}, key), h("dd", {}, String(value).slice(0, 500))]));
    notes.update(run.notes);
    const wanted = search.value.trim().toLowerCase();
    put(tables, ...[["Config", overview.config], ["Summary", overview.summary]].map(([title, values]) => (
      h("section", { class: "card", "aria-label": title }, h("header", {}, h("h2", {}, title)),
        h("div", { class: "card-body" }, keyTable(values, wanted))))));
  };
  search.addEventListener("input", fill);
  fill();
  panel.append(h("section", { class: "card" }, h("div", { class: "card-body stack" }, list, notes.element)),
    h("div", {}, search), tables);
  return fill;
}

function keyTable(values, wanted) {
  const keys = Object.keys(values).filter((key) => key.toLowerCase().includes(wanted)).sort();
  if (!keys.length) return h("p", { class: "quiet" }, "Nothing here.");
  return h("table", { class: "key-table" }, h("tbody", {}, ...keys.map((key) => h("tr", {},
    h("th", { scope: "row" }, key.slice(0, 300)), h("td", {}, valueOf(key, values[key]))))));
}

/** A value as what it is: media drawn, numbers by their kind. */
function valueOf(key, value) {
  if (!value?._type) return write(key, value).slice(0, 2000);
  const known = drawn.get(key);
  const signature = JSON.stringify(value);
  if (known?.signature === signature) return known.place; // it is not loaded again at each change
  const place = h("div", { class: "media key-media" });
  drawn.set(key, { signature, place });
  put(place, ...(isTable(value) ? [tableView(value, fileUrl)]
    : drawMedia(value, fileUrl, { labels: overview.mask_labels[key] ?? {} })));
  return place;
}
const drawn = new Map(); // key -> what it was drawn from, and where

async function consoleTab(panel) {
  const view = new Console(panel, `${url}/console`);
  await view.update();
  return () => view.update();
}

async function system(panel) {
  const curves = new RunCurves(panel, { source, own: own(), view: { across: "time" } });
  const update = async () => {
    const answer = await read(`${url}/system?only=media`);
    curves.update({ keys: answer.numbers, state: `${answer.n}` });
  };
  await update();
  return update;
}

function artifacts(panel) {
  put(panel, overview.artifacts.length ? h("ul", { class: "versions card card-body" }, ...overview.artifacts
    .map((item) => h("li", {}, h("span", { class: "tag" }, item.relation), " ",
      h("a", { href: item.href }, item.name), h("span", { class: "quiet" }, ` ${item.type}`))))
    : h("p", { class: "quiet" }, "This run logged and used no artifact."));
}

function alerts(panel) {
  const update = () => put(panel, alertList(overview.alerts));
  update();
  return update;
}

async function choose(name, focus = false) {
  const panel = h("div", { class: "run-panel" });
  part("panel").replaceChildren(panel);
  for (const tab of part("tabs").children) {
    const chosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) part("panel").setAttribute("aria-labelledby", tab.id);
    if (chosen && focus) tab.focus();
  }
  writeAddress({ tab: name.toLowerCase() });
  open = null;
  try {
    const update = await TABS[name](panel);
    if (panel.isConnected) open = update ?? null;
  } catch (error) {
    panel.append(h("p", { class: "notice is-bad", role: "alert" }, error.message));
  }
}

const REASON = { crashed: "Crashed", failed: "Failed", killed: "Stopped", preempted: "Preempted",
  stopped: "Stopped", "stopped early": "Stopped early", canceled: "Canceled" };

function head() {
  const { run } = overview;
  part("name").textContent = (run.name || run.id).slice(0, 300);
  part("state").textContent = run.outcome;
  part("state").className = `chip is-${run.state}`;
  const fact = (label, value) => (value ? h("span", {}, `${label} `, h("b", {}, String(value).slice(0, 200))) : null);
  put(part("facts"), fact("Took", run.started_at ? formatDuration(duration(run)) : ""),
    run.started_at ? h("span", {}, "Started ", h("b", {}, moment(run.started_at))) : null,
    fact("Steps", run.n_steps ? formatNumber(run.n_steps) : ""), fact("On", run.host),
    run.sweep ? h("span", {}, "Sweep ",
      h("a", { href: `${base}/sweeps/${encodeURIComponent(run.sweep)}` }, run.sweep_title)) : null);
  put(part("reason"), run.stop_reason ? h("p", { class: "notice is-calm" },
    h("span", {}, `${REASON[run.outcome] ?? "Asked to stop"}: ${run.stop_reason}`)) : null,
    alertNote(overview.alerts, () => choose("Alerts", true)));
  renderControls(part("controls"), run, url, base, refresh);
  renderTags(part("tags"), run, url, refresh);
}

async function refresh() {
  overview = await read(`${url}/overview`);
  head();
}

await refresh();
put(part("tabs"), ...Object.keys(TABS).map((name, k, all) => {
  const tab = h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "run-panel",
    onclick: () => choose(name) }, name);
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) choose(all[(k + step + all.length) % all.length], true);
  });
  return tab;
}));
const named = () => Object.keys(TABS).find((name) => name.toLowerCase() === readAddress().tab) ?? "Charts";
await choose(named());
window.addEventListener("hashchange", () => choose(named())); // another address of this page was opened
page.dataset.ready = "true";
new Feed({ url: `${url}/overview`, connection: showConnection,
  receive: async (fresh) => {
    overview = fresh;
    head();
    await open?.();
  } });
