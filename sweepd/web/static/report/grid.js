/** A grid of panels in a report: its sets of runs, and panels where their layout puts them. */
import { h } from "../common/dom.js";
import { CurveSource } from "../curves/source.js";
import { read } from "../common/read.js";
import { unpack } from "../common/rows.js";
import { catalogueOf } from "../workspace/catalogue.js";
import { drawPanel, makePanel } from "../workspace/kinds.js";
import { LoggedKeys } from "../workspace/logged_keys.js";
import { titleOfPanel } from "../workspace/needs.js";
import { RunSet } from "../workspace/runs.js";
import { readersOf } from "../workspace/whole.js";

const ROW_PX = 38; // of a layout's unit of height
const projects = new Map();
const grids = []; // promises: each draws

/** The runs and curves of a project, read once for all grids. */
function project(url) {
  if (!projects.has(url)) {
    projects.set(url, read(`${url}/runs`).then((data) => ({ runs: unpack(data).runs,
      source: new CurveSource(`${url}/curves`),
      readers: readersOf(url.replace("-/projects/", "-/runs/"), url) })));
  }
  return projects.get(url);
}

/** What can be drawn of a set of runs: what they logged, not what others of the project did. */
async function keysOf(url, { rows }) {
  const logged = await new LoggedKeys(url).first(rows);
  return catalogueOf(rows, logged, logged.metric?.name ?? null);
}

/** Resolves when the curves of all grids are here. */
export async function settled() {
  await Promise.allSettled(grids);
  for (const found of await Promise.allSettled(projects.values())) await found.value?.source.settled();
}

/** The element of a grid; `page` has the addresses {project, projects, root, base}. */
export function panelGrid(block, page) {
  const element = h("section", { class: "report-grid", "aria-label": "Panels" });
  grids.push(fill(element, block.metadata ?? {}, page).catch((error) => element.append(
    h("p", { class: "notice is-bad", role: "alert" }, `These panels cannot be shown now: ${error.message}`))));
  return element;
}

async function fill(element, metadata, page) {
  const sets = (metadata.runSets ?? []).filter((set) => set.enabled !== false);
  const set = sets[metadata.openRunSet ?? 0] ?? sets[0] ?? {};
  const name = set.project?.name;
  const entity = set.project?.entityName;
  const at = name && entity ? [entity, name].map(encodeURIComponent).join("/") : null;
  const url = at ? `${page.projects}/${at}` : page.project;
  const { runs, source, readers } = await project(url);
  const base = at ? `${page.root}/${at}` : page.base;
  const spec = { section: { customRunColors: metadata.customRunColors ?? {}, settings: {} } };
  const shown = new RunSet(runs).follow(spec, set);
  const keys = await keysOf(url, shown);
  const panels = metadata.panelBankSectionConfig?.panels ?? [];
  const grid = h("div", { class: "report-panels" });
  const cards = panels.map((panel) =>
    card(panel, { spec, section: metadata.panelBankSectionConfig, runs: shown, source, base, keys: keys.numbers,
    steps: keys.steps, metric: keys.metric, ...readers }));
  grid.append(...cards.map((item) => item.element));
  element.append(grid, metadata.hideRunSets ? ""
    : h("p", { class: "quiet small" }, `${set.name ?? "Runs"}: ${shown.open.length} of ${shown.all.length} runs`));
  for (const item of cards) item.draw();
  source.listen(() => cards.forEach((item) => item.draw()));
}

function card(panel, context) {
  const { x = 0, y = 0, w = 8, h: height = 6 } = panel.layout ?? {};
  const body = h("div", {});
  const name = titleOfPanel(panel);
  const element = h("section", { class: "card chart-card ws-panel report-panel", "aria-label": name.slice(0, 200),
    style: { "--x": x + 1, "--w": w, "--y": y + 1, "--h": height } }, h("h3", {}, name.slice(0, 200)), body);
  let kind = null;
  return { element, draw: () => {
    kind ??= makePanel(panel.viewType, body, { label: name, zoomed: () => drawPanel(kind, body, { ...context, panel }),
      opened: (line) => line.run && window.open(`${context.base}/runs/${encodeURIComponent(line.run)}`,
        "_blank", "noopener") });
    kind.setHeight(Math.max(120, height * ROW_PX - 46));
    drawPanel(kind, body, { ...context, panel });
  } };
}
