/** The workspace of a project: its runs at the left, their curves in panels, all as a view has it. */
import "./common/site.js";
import { h } from "./common/dom.js";
import { Feed, showConnection } from "./common/feed.js";
import { read } from "./common/read.js";
import { unpack } from "./common/rows.js";
import { LoggedKeys } from "./workspace/logged_keys.js";
import { emptySpec } from "./workspace/spec.js";
import { RunSet } from "./workspace/runs.js";
import { View } from "./workspace/view.js";
import { ViewsMenu } from "./workspace/views_menu.js";
import { Workspace } from "./workspace/whole.js";

const page = document.querySelector('[data-page="workspace"]');
const { url, base, runs: runsUrl } = page.dataset;
const part = (name) => page.querySelector(`[data-part="${name}"]`);

async function start() {
  const view = new View(url, new URLSearchParams(window.location.search).get("nw") ?? "");
  const [found] = await Promise.all([read(`${url}/runs`), view.load()]);
  const data = unpack(found);
  const logged = new LoggedKeys(url);
  const { metric } = await logged.first(new RunSet(data.runs).follow(view.spec).rows);
  const workspace = new Workspace(page, { view, runs: data.runs, logged, url, base, runsUrl, metric });
  const menu = new ViewsMenu(part("views"), { view, base });
  menu.fresh = emptySpec;
  new Feed({ url: `${url}/runs`, document: data, connection: showConnection,
    receive: (fresh) => workspace.setRuns(fresh.runs) });
  page.dataset.ready = "true";
}

start().catch((error) => {
  part("panels").replaceChildren(
    h("p", { class: "notice is-bad", role: "alert" }, `The workspace cannot be shown now: ${error.message}`));
});
