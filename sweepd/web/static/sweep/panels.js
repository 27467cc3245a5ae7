/**
 * The workspace of a sweep's own runs below the parallel plot: brushes there choose the runs here,
 * lines have the plot's colours, and a run pointed at in one is marked in the other. What is kept,
 * excluded and brushed in the plot is undone and redone along with the panels.
 */
import { viewFromText, viewToText } from "../parallel/address.js";
import { crosshair } from "../curves/crosshair.js";
import { LoggedKeys } from "../workspace/logged_keys.js";
import { emptySpec, runSetOf } from "../workspace/spec.js";
import { RunSet } from "../workspace/runs.js";
import { View } from "../workspace/view.js";
import { Workspace } from "../workspace/whole.js";
import { h, put } from "../common/dom.js";

const REST_MS = 250; // brushes go first: panels follow when one has come to rest
const STEP_MS = 700; // a brush that moves on within this is one step to be undone

/** The spec of panels that nobody has changed: the best runs first. */
function firstSpec(metric) {
  const spec = emptySpec();
  if (metric) {
    runSetOf(spec).sort =
      { keys: [{ key: { section: "summary", name: metric.name }, ascending: metric.goal === "minimize" }] };
  }
  spec.sweepd = { isListFolded: true };
  return spec;
}

/** Build it in `root` when it comes near the window; `addresses` are {project, runs, base, sweep}. */
export function mountPanels(root, model, addresses) {
  const metric = () => model.data.sweep.metric ?? null;
  const view = new View(addresses.project, "", { sweep: addresses.sweep, fresh: () => firstSpec(metric()),
    beside: { read: () => viewToText(model.view), write: (text) => model.setView(viewFromText(text)) } });
  const loaded = view.load();
  loaded.catch(() => {}); // told where it is waited for
  let stepping = 0;
  model.addEventListener("view", () => {
    clearTimeout(stepping);
    stepping = setTimeout(() => view.noteBeside(), STEP_MS);
  });
  const seen = new IntersectionObserver(async (entries) => {
    if (!entries.at(-1).isIntersecting) return;
    seen.disconnect();
    try {
      await loaded;
      const logged = new LoggedKeys(addresses.project);
      await logged.first(new RunSet(model.runs).follow(view.spec).rows);
      follow(root, model, view, { logged, addresses, metric });
    } catch (error) {
      put(root.querySelector('[data-part="panels"]'),
        h("p", { class: "notice is-bad", role: "alert" }, `The curves cannot be shown now: ${error.message}`));
    }
  }, { rootMargin: "400px" });
  seen.observe(root);
}

function follow(root, model, view, { logged, addresses, metric }) {
  const at = (run) => model.indexOf.get(run.id);
  const workspace = new Workspace(root, { view, runs: model.runs, logged, url: addresses.project, base: addresses.base,
    runsUrl: addresses.runs, metric: metric(), isBrief: true,
    within: (run) => Boolean(model.selected[at(run)]),
    colourOf: (run) => model.colours.palette[model.colours.bucket[at(run)]] ?? null });
  let resting = 0;
  let isNew = false;
  const later = () => {
    clearTimeout(resting);
    resting = setTimeout(() => {
      if (isNew) workspace.setRuns(model.runs);
      else workspace.update();
      isNew = false;
    }, REST_MS);
  };
  for (const event of ["selection", "scales", "data"]) {
    model.addEventListener(event, () => {
      isNew ||= event === "data";
      later();
    });
  }
  model.addEventListener("hover", () => crosshair.markRun(model.runs[model.hovered]?.id ?? null));
  crosshair.watch((id) => model.hover(model.indexOf.get(id) ?? -1));
  root.dataset.filled = "true"; // for tests: all is linked
}
