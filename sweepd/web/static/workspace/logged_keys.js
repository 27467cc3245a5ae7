/**
 * What the shown runs logged beside numbers, as the server tells it: system metrics, media, charts.
 * Asked anew when other runs are shown, or those have begun, ended or gone far since; not for each line.
 */
import { Pace } from "../common/pace.js";
import { read } from "../common/read.js";

const MOST = 100; // runs that the server looks at
const NOTHING = { system: [], media: {}, charts: {}, steps: {}, metric: null };

const rank = (run) => (run.n_steps ? 1e12 : 0) + (run.number ?? 0);

/** The runs to be asked about: those that logged something first, the newest of them. */
export function askedOf(runs) {
  const least = Float64Array.from(runs, rank).sort().at(-MOST) ?? -Infinity;
  return runs.filter((run) => rank(run) >= least).sort((a, b) => rank(b) - rank(a)).slice(0, MOST);
}

/** The address at which the server tells what they logged. */
export function keysAddress(url, runs) {
  return `${url}/keys?q=${encodeURIComponent(JSON.stringify({ runs: askedOf(runs).map((run) => run.id) }))}`;
}

/** What was logged by some runs, kept for as long as they are the same; `url` of the project's data. */
export class LoggedKeys {
  constructor(url, { ask = read, pace = new Pace() } = {}) {
    Object.assign(this, { url, ask, pace, known: NOTHING, asked: "", runs: [], isBusy: false, changed: () => {} });
  }

  /** Resolves to what these logged; rejects when the server cannot say. */
  async first(runs) {
    Object.assign(this, { runs, asked: stateOf(runs) });
    this.known = await this.ask(keysAddress(this.url, runs));
    return this.known;
  }

  /** What is known by now; `changed()` is called when more is. */
  of(runs) {
    if (runs !== this.runs) {
      this.runs = runs;
      if (stateOf(runs) !== this.asked) this.#later();
    }
    return this.known;
  }

  #later() {
    if (this.isBusy) return;
    this.isBusy = true;
    setTimeout(() => this.#again(), this.pace.wait());
  }

  async #again() {
    const ended = this.pace.begin();
    this.asked = stateOf(this.runs);
    try {
      const found = await this.ask(keysAddress(this.url, this.runs));
      if (JSON.stringify(found) !== JSON.stringify(this.known)) {
        this.known = found;
        this.changed();
      }
    } catch {
      // what is known stays; asked again when the runs have changed
    }
    ended();
    this.isBusy = false;
    if (stateOf(this.runs) !== this.asked) this.#later();
  }
}

/** What is worth asking again for: other runs, one that ended, one that has gone twice as far. */
const stateOf = (runs) => askedOf(runs)
  .map((run) => `${run.id} ${run.state} ${Math.clz32(run.n_steps ?? 0)}`).join("\n");
