/** The one stream of news of a browser, and the pages it is passed on to. */
import { streamAddress } from "./stream_address.js";

const GONE_MS = 70_000; // a page says every 20 s that it is there; some end without a word
const RETRY_MS = 5000; // after an answer that is no stream
const pages = new Map(); // port -> {topics, at}
let source = null; // what is heard
let coming = null; // what will be heard instead once it is open, so that nothing falls between
let heard = []; // topics of the newest of the two
let retry = 0;

function tell(message, topic = null) {
  for (const [port, page] of pages) {
    if (topic === null || page.topics.includes(topic)) port.postMessage(message);
  }
}

function close() {
  source?.close();
  coming?.close();
  source = coming = null;
  heard = [];
  clearTimeout(retry);
}

function arrange() {
  const wanted = new Set([...pages.values()].flatMap((page) => page.topics));
  if (!wanted.size) close();
  else if (![...wanted].every((topic) => heard.includes(topic))) open([...wanted].sort());
}

function open(topics) {
  clearTimeout(retry);
  coming?.close();
  heard = topics;
  const stream = new EventSource(streamAddress(topics));
  coming = stream;
  stream.addEventListener("open", () => {
    if (coming === stream) {
      source?.close();
      [source, coming] = [stream, null];
    }
    tell({ live: true });
  });
  stream.addEventListener("changed", (event) => tell({ changed: event.data }, event.data));
  stream.addEventListener("error", () => {
    if (stream !== source && stream !== coming) return;
    tell({ live: false });
    if (stream.readyState !== EventSource.CLOSED) return; // it tries again by itself
    close();
    retry = setTimeout(arrange, RETRY_MS);
  });
}

self.addEventListener("connect", ({ ports: [port] }) => {
  port.addEventListener("message", ({ data }) => {
    const isNew = !pages.get(port)?.topics.length;
    if (data.topics.length) pages.set(port, { topics: data.topics, at: Date.now() });
    else pages.delete(port);
    arrange();
    if (isNew && data.topics.length && source?.readyState === EventSource.OPEN) port.postMessage({ live: true });
  });
  port.start();
});

setInterval(() => {
  for (const [port, page] of pages) if (Date.now() - page.at > GONE_MS) pages.delete(port);
  arrange();
}, GONE_MS);
