/**
 * Keeps a document up to date: server-sent events say that something changed, then it is fetched
 * again (the browser asks with the ETag it has). While a fetch runs, further news only mark it as
 * stale: a slow page never gets a queue. Without events it polls; it says when the line is lost.
 */
const POLL_MS = 5000;
const SLOW_POLL_MS = 30_000; // beside events, in case another server process made the change
const LEAST_MS = 700; // between two fetches
const REST = 5; // a document that takes long is asked for more rarely: a sixth of the time at most

export class Feed {
  constructor({ url, events = null, receive, connection = () => {} }) {
    Object.assign(this, { url, receive, connection, busy: false, stale: false, last: 0, took: 0 });
    this.etag = null;
    if (events && "EventSource" in window) this.#listen(events);
    this.#schedule();
    document.addEventListener("visibilitychange", () => {
      if (events && "EventSource" in window) this.#listen(events);
      if (!document.hidden) this.refresh();
    });
  }

  /** A page nobody sees holds no line: browsers have six for a server, and other pages need them. */
  #listen(url) {
    this.source?.close();
    this.source = null;
    this.isLive = false;
    if (document.hidden) return;
    this.source = new EventSource(url);
    this.source.addEventListener("changed", () => this.refresh());
    this.source.addEventListener("open", () => {
      this.isLive = true;
      this.connection("live");
    });
    this.source.addEventListener("error", () => {
      this.isLive = false;
      this.refresh();
    });
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
    const wait = Math.max(LEAST_MS, REST * this.took) - (performance.now() - this.last);
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    this.last = performance.now();
    try {
      const headers = this.etag ? { "If-None-Match": this.etag } : {};
      const response = await fetch(this.url, { headers, cache: "no-store" });
      if (response.status === 401) this.connection("signed-out");
      else if (response.ok) {
        this.etag = response.headers.get("ETag");
        this.receive(await response.json());
      }
      if (response.ok || response.status === 304) this.connection(this.isLive ? "live" : "polling");
      else if (response.status !== 401) this.connection("lost");
    } catch {
      this.connection("lost");
    } finally {
      this.took = performance.now() - this.last;
      this.busy = false;
      if (this.stale) this.refresh();
    }
  }
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
