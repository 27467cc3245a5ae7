/**
 * Keeps a document up to date: news say that something changed, then it is fetched again (the
 * browser asks with the ETag it has; of a list of runs only what changed is sent). While a fetch is
 * read and drawn, further news only mark it as stale: a slow page never gets a queue. Without news it
 * polls; it says when the line is lost.
 */
import { listen } from "./news.js";
import { Pace } from "./pace.js";
import { whenReleased } from "./pressed.js";
import { merged } from "./run_list.js";

const POLL_MS = 5000;
const SLOW_POLL_MS = 30_000; // beside news, in case another server process made the change

/** The topic of news of an address below /-/, as "sweeps/ann/mnist/abc" of its points. */
export function topicOf(url) {
  return /\/-\/((?:sweeps|runs)\/[^/]+\/[^/]+\/[^/]+)/.exec(url)?.[1] ?? null;
}

export class Feed {
  /** `document`: a list of runs that is shown already, of which only changes are asked for. */
  constructor({ url, receive, document: shown = null, connection = () => {} }) {
    Object.assign(this, { url, receive, shown, connection, busy: false, stale: false });
    this.pace = new Pace();
    this.etag = null;
    const topic = topicOf(url);
    if (topic) listen(topic, { changed: () => this.refresh(), live: (is) => this.#live(is) });
    this.#schedule();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.refresh();
    });
  }

  #live(isLive) {
    if (this.isLive === isLive) return;
    this.isLive = isLive;
    this.#schedule();
    if (isLive) this.connection("live");
    this.refresh(); // something may have been missed
  }

  #schedule() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!document.hidden) this.refresh();
      this.#schedule();
    }, this.isLive ? SLOW_POLL_MS : POLL_MS);
  }

  async refresh() {
    if (this.busy || document.hidden) {
      this.stale = true;
      return;
    }
    this.busy = true;
    this.stale = false;
    const wait = this.pace.wait();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    await whenReleased(); // nothing new under a brush that is being pulled
    const ended = this.pace.begin();
    try {
      await this.#fetch();
    } catch {
      this.connection("lost");
    } finally {
      ended();
      this.busy = false;
      if (this.stale) this.refresh();
    }
  }

  async #fetch() {
    const headers = this.etag ? { "If-None-Match": this.etag } : {};
    const since = this.shown?.at ? `?since=${encodeURIComponent(this.shown.at)}` : "";
    const response = await fetch(this.url + since, { headers, cache: "no-store" });
    if (response.status === 401) this.connection("signed-out");
    else if (response.ok) {
      const answer = await response.json();
      const fresh = this.shown ? merged(this.shown, answer) : answer;
      this.etag = fresh ? response.headers.get("ETag") : null;
      const isNew = fresh && fresh !== this.shown;
      if (this.shown) this.shown = fresh ?? {};
      if (isNew) await whenReleased();
      if (isNew) await drawn(this.receive(fresh));
      this.stale ||= !fresh;
    }
    if (response.ok || response.status === 304) this.connection(this.isLive ? "live" : "polling");
    else if (response.status !== 401) this.connection("lost");
  }
}

/** When what was received is on the screen: that time counts, or a slow page would ask on and on. */
async function drawn(received) {
  await received;
  if (document.hidden) return;
  await new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, 2000); // a page may be hidden meanwhile
  });
}

/** Show in the head of the page how fresh it is; silent while all is well. */
export function showConnection(state) {
  const place = document.querySelector('[data-part="connection"]');
  if (!place) return;
  const text = {
    lost: "Connection lost. Trying again…", "signed-out": "Signed out: reload to sign in",
  }[state] ?? "";
  place.hidden = !text;
  if (place.textContent !== text) place.textContent = text;
}

/** POST JSON with the page's CSRF token; resolves to the answer, rejects with its message. */
export async function post(url, body, method = "POST") {
  const token = document.querySelector('meta[name="csrf"]')?.content ?? "";
  let response;
  try {
    response = await fetch(url, {
      method, headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The server cannot be reached, so nothing was changed. Try again in a moment.");
  }
  let answer = {};
  try {
    answer = await response.json();
  } catch {
    /* an empty or foreign answer: the status says enough */
  }
  if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}`);
  return answer;
}
