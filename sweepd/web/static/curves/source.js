/**
 * Curves from the server: the panels that are in sight ask for runs and keys, and what several ask
 * for in one moment goes out as one question. What came is kept; a run that went on is asked for
 * again, and only such runs are sent.
 */
const MOST_RUNS = 200; // in one question, so that the first curves need not wait for the last
const MOST_KEPT = 6000; // curves

export class CurveSource {
  /** `url`: the address that answers for a project's runs. */
  constructor(url) {
    this.url = url;
    this.kept = new Map(); // question → run → {tag, series}
    this.waiting = new Map();
    this.listeners = new Set();
  }

  /** What is here already: a Map of run to {key: {x, y, n}}; what is missing is fetched. */
  read({ runs, keys, x = "_step", points = 400, low = null, high = null }) {
    const found = new Map();
    const question = JSON.stringify([x, points, low, high]);
    const kept = this.kept.get(question) ?? new Map();
    const missing = [];
    for (const run of runs) {
      const known = kept.get(run.id);
      if (known) found.set(run.id, known.series);
      if (!known || known.state !== run.state || keys.some((key) => !known.asked.has(key))) missing.push(run);
    }
    if (missing.length) this.#ask(question, { x, points, low, high }, missing, keys);
    return found;
  }

  /** Told when something came; returns how to stop. */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves when all that was asked for has come, or failed. */
  async settled() {
    while (this.due || this.n) {
      await new Promise((done) => {
        const stop = this.listen(() => {
          stop();
          setTimeout(done, 20); // who is told asks for more
        });
      });
    }
  }

  #ask(question, words, runs, keys) {
    const waiting = this.waiting.get(question) ?? { words, wanted: new Map() };
    this.waiting.set(question, waiting);
    for (const run of runs) {
      const entry = waiting.wanted.get(run.id) ?? { state: run.state, keys: new Set() };
      for (const key of keys) entry.keys.add(key);
      waiting.wanted.set(run.id, entry);
    }
    this.due ??= setTimeout(() => {
      this.due = null;
      this.#send();
    }, 0);
  }

  #send() {
    const all = [...this.waiting];
    this.waiting.clear();
    for (const [question, { words, wanted }] of all) {
      const byKeys = new Map();
      for (const [id, { state, keys }] of wanted) {
        const fresh = this.#fresh(question, id, state, keys);
        if (!fresh.length) continue;
        const group = JSON.stringify(fresh.sort());
        if (!byKeys.has(group)) byKeys.set(group, []);
        byKeys.get(group).push([id, state]);
      }
      for (const [group, runs] of byKeys) {
        const keys = JSON.parse(group);
        for (let k = 0; k < runs.length; k += MOST_RUNS)
          this.#fetch(question, words, runs.slice(k, k + MOST_RUNS), keys);
      }
    }
  }

  /** The keys of a run that are neither here nor on their way. */
  #fresh(question, id, state, keys) {
    const known = this.kept.get(question)?.get(id);
    const under = this.#underway(question, id);
    return [...keys].filter((key) => (known?.state !== state || !known.asked.has(key)) && under.get(key) !== state);
  }

  #underway(question, id) {
    this.under ??= new Map();
    const place = `${question} ${id}`;
    if (!this.under.has(place)) this.under.set(place, new Map());
    return this.under.get(place);
  }

  async #fetch(question, words, runs, keys) {
    for (const [id, state] of runs) for (const key of keys) this.#underway(question, id).set(key, state);
    this.n = (this.n ?? 0) + 1;
    try {
      const asked = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== null));
      const q = JSON.stringify({ runs: runs.map(([id]) => id), keys, ...asked });
      const response = await fetch(`${this.url}?q=${encodeURIComponent(q)}`);
      if (!response.ok) throw new Error((await response.json()).error ?? `The server answered ${response.status}`);
      const answer = unpack(await response.arrayBuffer());
      if (!this.kept.has(question)) this.kept.set(question, new Map());
      const kept = this.kept.get(question);
      for (const [id, state] of runs) {
        const before = kept.get(id);
        const series = { ...before?.series, ...answer.get(id) };
        const known = new Set(before?.state === state ? [...before.asked, ...keys] : keys);
        kept.set(id, { state, series, asked: known });
      }
      this.#forget(question);
      this.n -= 1;
      for (const listener of [...this.listeners]) listener(null);
    } catch (error) {
      this.n -= 1;
      for (const listener of [...this.listeners]) listener(error);
    } finally {
      for (const [id] of runs) for (const key of keys) this.#underway(question, id).delete(key);
    }
  }

  #forget(question) {
    let n = 0;
    for (const kept of this.kept.values()) for (const { asked } of kept.values()) n += asked.size;
    for (const old of [...this.kept.keys()]) {
      if (n <= MOST_KEPT || old === question) continue;
      for (const { asked } of this.kept.get(old).values()) n -= asked.size;
      this.kept.delete(old);
    }
  }
}

/** The server's answer (see web/curve_documents.py) as a Map of run to {key: {x, y, n}}. */
export function unpack(buffer) {
  const n = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, n)));
  const begin = 4 + n;
  const found = new Map();
  for (const [id, series] of Object.entries(head.runs)) {
    found.set(id, Object.fromEntries(Object.entries(series).map(([key, [at, points, total]]) => [key, {
      x: new Float64Array(buffer, begin + 8 * at, points),
      y: new Float64Array(buffer, begin + 8 * (at + points), points), n: total }])));
  }
  return found;
}
