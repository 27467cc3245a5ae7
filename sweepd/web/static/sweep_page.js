/** The sweep page: loads the points, builds the views, keeps them up to date. */
import { theme } from "./common/site.js";
import { mountSweep } from "./sweep_view.js";
import { h, put } from "./common/dom.js";
import { mountAnalysis } from "./sweep/analysis.js";
import { renderAgents, renderBest, renderFile, renderImportance, renderRepeats } from "./sweep/cards.js";
import { exportPage } from "./sweep/export_page.js";
import { bulkBar } from "./project/bulk.js";
import { Feed, showConnection } from "./common/feed.js";
import { unpack } from "./common/rows.js";
import { turn } from "./common/turns.js";
import { Front } from "./sweep/front.js";
import { Head } from "./sweep/head.js";
import { mountPanels } from "./sweep/panels.js";
import { Scatter } from "./sweep/scatter.js";

const page = document.querySelector('[data-page="sweep"]');
const { base, points, details: detailsUrl, insights: insightsUrl, actions, runActions } = page.dataset;
const part = (name) => page.querySelector(`[data-part="${name}"]`);

async function read(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`The server answered ${response.status}`);
  return response.json();
}

async function start() {
  const told = await read(points);
  await turn();
  const data = unpack(told);
  await turn();
  const runHref = (run) => `${base}/runs/${encodeURIComponent(run.id)}`;
  let bulk = null;
  const { model, table } = await mountSweep(page, data, { theme, runHref,
    table: { onChoose: (ids) => bulk?.show(ids), remember: window.location.pathname },
    exports: [["Whole page as a file", (shown) => exportPage(shown, base)]] });
  performance.mark("sweep-ready");
  page.dataset.ready = "true";
  const head = new Head(page, model, actions);
  bulk = bulkBar(part("bulk"), { model, base, actions: runActions, unchoose: () => table.unchoose(),
    changed: () => document.dispatchEvent(new Event("sweepd:refresh")) });
  if (table.chosen.size) bulk.show([...table.chosen]);
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  around(model, head);
}

/** Everything that may come a moment after the plot. */
function around(model, head) {
  let details = null;
  let insights = null;
  let insightsFor = -1;
  new Scatter(part("history"), model, { across: "run.created", runningBest: true,
    label: "The metric of each run over time, with the best so far" });
  new Front(part("front"), part("front-aside"), model, base);
  if (page.dataset.project) {
    mountPanels(part("workspace"), model,
      { project: page.dataset.project, runs: page.dataset.runs, base, sweep: page.dataset.sweep });
  }
  mountAnalysis(part("analysis"), model, {
    fetchCurves: (ids) => read(`${page.dataset.curves}?runs=${ids.map(encodeURIComponent).join(",")}`),
  });
  const render = () => {
    renderBest(part("best"), part("best-aside"), model, details, base);
    renderAgents(part("agents"), model, details);
    renderRepeats(part("repeats"), details?.repeats ?? [], base);
    renderFile(part("yaml"), model, details);
  };
  const renderInsights = () => renderImportance(part("importance"), part("importance-aside"), insights);
  const more = async () => {
    const done = model.runs.filter((run) => run.state !== "running" && run.state !== "pending").length;
    try {
      if (detailsUrl) details = await read(detailsUrl);
      if (details) head.setAgents(details.agents);
      render();
      if (insightsUrl && done !== insightsFor) {
        insightsFor = done;
        insights = await read(insightsUrl);
      }
    } catch {
      /* the connection notice says it; the next news tries again */
    }
    renderInsights();
  };
  render();
  renderInsights();
  more();
  let timer = 0;
  const feed = new Feed({ url: points, document: model.data, connection: showConnection,
    receive: (fresh) => {
      model.setData(fresh);
      render();
      clearTimeout(timer);
      timer = setTimeout(more, 1500);
    } });
  document.addEventListener("sweepd:refresh", () => {
    feed.refresh();
    more();
  });
}

start().catch((error) => {
  put(part("parallel"), h("p", { class: "notice is-bad", role: "alert" },
    `The runs cannot be read now: ${error.message}. Reload the page to try again.`));
});
