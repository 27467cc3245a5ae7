/**
 * A whole workspace within a page: the list of runs, the bar and the panels over one view. The
 * page of a project has one of all its runs, the page of a sweep one of its own.
 */
import { h } from "../common/dom.js";
import { read } from "../common/read.js";
import { CurveSource } from "../curves/source.js";
import { Bar } from "./bar.js";
import { catalogueOf } from "./catalogue.js";
import { Panels } from "./panels.js";
import { RunList } from "./run_list.js";
import { RunSet } from "./runs.js";

/** The media of a run by key, of its steps and, where no step has one, of its summary. */
async function mediaIn(runUrl) {
  const [{ media }, { summary }] =
    await Promise.all([read(`${runUrl}/history?only=media`), read(`${runUrl}/overview`)]);
  const late = Object.entries(summary ?? {}).filter(([key, value]) => value?._type && !(key in media));
  return { ...Object.fromEntries(late.map(([key, value]) => [key, [[null, value]]])), ...media };
}

/**
 * What panels need to read of single runs and of charts: their media, addresses of their files, the
 * Vega spec that is kept under a chart's name. `runs` and `url` address data of runs and project.
 */
export function readersOf(runs, url) {
  const runUrl = (run) => `${runs}/${encodeURIComponent(run.id)}`;
  const specs = new Map();
  const held = new Map(); // read again once the run has gone on
  return { mediaOf: (run) => {
    if (held.get(run.id)?.n !== run.n_steps) held.set(run.id, { n: run.n_steps, media: mediaIn(runUrl(run)) });
    return held.get(run.id).media;
  },
    fileUrlOf: (run, path) => `${runUrl(run)}/files/${path.split("/").map(encodeURIComponent).join("/")}`,
    specOf: (name) => {
      if (!name || name.startsWith("wandb/")) return null;
      if (!specs.has(name))
        specs.set(name, read(`${url}/chart?name=${encodeURIComponent(name)}`).then((answer) => answer.spec));
      return specs.get(name);
    } };
}

export class Workspace {
  /**
   * Addresses: `url` of the project's data, `base` of its pages, `runsUrl` of its runs' data.
   * `logged` tells what runs logged (LoggedKeys), `metric` {name, goal} or null, `within(run)` whether
   * a run is shown at all, `colourOf(run)` its colour where the page has one of its own.
   */
  constructor(root, { view, runs, logged, url, base, runsUrl, metric = null, within = null, colourOf = null,
    isBrief = false }) {
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    Object.assign(this, { view, logged, metric, isBrief, place: part("panels") });
    this.runs = new RunSet(runs);
    Object.assign(this.runs, { within, colourOf }).follow(view.spec);
    this.keys = this.#catalogue();
    logged.changed = () => this.update();
    const keys = () => this.keys;
    const source = new CurveSource(`${url}/curves`);
    this.panels = new Panels(this.place, { view, runs: this.runs, source, base, keys, ...readersOf(runsUrl, url) });
    this.runList = new RunList(part("runs"),
      { view, runs: this.runs, base, keys: () => this.keys.all, metric: () => this.metric });
    this.bar = new Bar(part("bar"), { view, panels: this.panels, runList: this.runList, keys });
    const tell = () => { root.dataset.saved = String(view.isSaved); }; // for tests: no change is on its way
    view.addEventListener("saved", tell);
    tell();
    view.addEventListener("view", () => this.update());
    source.listen((error) => {
      if (error) this.#say(error);
      else this.panels.update();
    });
    document.addEventListener("themechange", () => this.update());
    this.update();
  }

  /** Panels are of what the runs in the list logged; where a filter leaves none, of what all did. */
  #catalogue() {
    const { all, rows } = this.runs;
    const shown = rows.length && rows.length < all.length ? rows : all;
    const isSame = this.from?.all === all && isEqual(this.from.shown, shown);
    const from = { all, shown: isSame ? this.from.shown : shown };
    from.known = this.logged.of(from.shown);
    if (isSame && this.from.known === from.known) return this.keys;
    this.from = from;
    return { ...catalogueOf(all, from.known, this.metric?.name ?? null, from.shown), isBrief: this.isBrief };
  }

  /** Follow the view, and what the page says of its runs. */
  update() {
    this.runs.follow(this.view.spec);
    this.keys = this.#catalogue();
    this.runList.update();
    this.bar.update();
    this.panels.update();
  }

  setRuns(runs) {
    this.runs.setRuns(runs);
    this.update();
  }

  #say(error) {
    this.place.querySelector(".notice")?.remove();
    this.place.prepend(
      h("p", { class: "notice is-bad", role: "alert" }, `The curves cannot be read now: ${error.message}`));
  }
}

const isEqual = (a, b) => a === b || (a.length === b.length && a.every((run, i) => run === b[i]));
