/**
 * Word of what changed on the server, for the documents that pages show. All pages of a browser
 * share one stream, held by a worker: a browser opens only six lines to a server of HTTP/1.1. Where
 * a browser has no such workers, each page that is seen holds a stream of its own.
 */
import { streamAddress } from "./stream_address.js";

const BEAT_MS = 20_000; // the worker forgets pages that have not spoken for three of these

class Own {
  constructor(told) {
    this.told = told;
  }

  want(topics) {
    this.source?.close();
    this.source = null;
    if (!topics.length) return;
    this.source = new EventSource(streamAddress(topics));
    this.source.addEventListener("changed", (event) => this.told({ changed: event.data }));
    this.source.addEventListener("open", () => this.told({ live: true }));
    this.source.addEventListener("error", () => this.told({ live: false }));
  }
}

class Shared {
  constructor(told, failed) {
    const worker = new SharedWorker(new URL("./news_worker.js", import.meta.url),
      { type: "module", name: "sweepd-news-1" });
    worker.addEventListener("error", failed);
    this.port = worker.port;
    this.port.addEventListener("message", ({ data }) => told(data));
    this.port.start();
  }

  want(topics) {
    this.topics = topics;
    this.port.postMessage({ topics });
    this.beat ??= setInterval(() => this.port.postMessage({ topics: this.topics }), BEAT_MS);
  }
}

const listeners = new Map(); // topic -> listeners
let line = null;

function told({ changed, live }) {
  if (changed !== undefined) for (const it of listeners.get(changed) ?? []) it.changed();
  if (live !== undefined) for (const all of listeners.values()) for (const it of all) it.live(live);
}

function connect() {
  const own = () => {
    line = new Own(told);
    arrange();
  };
  if (!("SharedWorker" in window)) return new Own(told);
  try {
    return new Shared(told, own);
  } catch {
    return new Own(told); // workers may be forbidden
  }
}

/** A page that nobody sees wants no news; it asks once when it is seen again. */
function arrange(isLeaving = false) {
  if (!listeners.size) return;
  line ??= connect();
  line.want(document.hidden || isLeaving ? [] : [...listeners.keys()]);
}
document.addEventListener("visibilitychange", () => arrange());
window.addEventListener("pagehide", () => arrange(true));
window.addEventListener("pageshow", (event) => event.persisted && arrange());

/** Call `changed()` on each change of a topic, and `live(is)` as the stream comes and goes. */
export function listen(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
  arrange();
}
