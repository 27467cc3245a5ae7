/**
 * One self-contained HTML file with this sweep: style, modules and runs inside, opens from disk
 * without a server. Modules find each other through an import map of data: addresses.
 */
import { save } from "../common/dom.js";
import { fileName } from "../parallel/export.js";
import { viewToText } from "../parallel/address.js";

const ENTRY = "sweep_view.js";
const IMPORT = /(from|import)\s*"(\.{1,2}\/[^"]+)"/g;

/** All modules the entry needs: path below static/ → source with bare specifiers. */
async function collect(base) {
  const sources = new Map();
  const visit = async (path) => {
    if (sources.has(path)) return;
    sources.set(path, "");
    const text = await (await fetch(new URL(path, base))).text();
    const needed = [];
    sources.set(path, text.replace(IMPORT, (_, word, relative) => {
      const target = new URL(relative, new URL(path, base)).href.slice(base.length);
      needed.push(target);
      return `${word} "sweepd/${target}"`;
    }));
    await Promise.all(needed.map(visit));
  };
  await visit(ENTRY);
  return sources;
}

function base64(text) {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
/** JSON inside a script element: nothing in it may look like the end of that element. */
const safeJson = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");

export async function exportPage(model) {
  const base = new URL("../", import.meta.url).href;
  const [style, pages, sources] = await Promise.all([
    fetch(new URL("style.css", base)).then((r) => r.text()),
    fetch(new URL("pages.css", base)).then((r) => r.text()), collect(base)]);
  const imports = {};
  for (const [path, text] of sources) {
    imports[`sweepd/${path}`] = `data:text/javascript;base64,${base64(text)}`;
  }
  const { sweep } = model.data;
  const title = escapeHtml(sweep.name || sweep.id);
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${style}\n${pages}</style>
<script type="importmap">${safeJson({ imports })}</script></head><body>
<main data-page="sweep"><div class="page-head"><div class="page-title"><h1>${title}</h1>
<p class="facts">${escapeHtml(sweep.method)} · ${model.runs.length} runs · saved ${
  escapeHtml(new Date().toLocaleString())}</p></div></div>
<div class="sweep-grid"><section class="card pc-panel wide"><div data-part="toolbar"></div>
<div data-part="parallel"></div><div data-part="legend"></div></section>
<section class="card wide"><div data-part="table"></div></section></div></main>
<script type="application/json" id="data">${safeJson(model.data)}</script>
<script type="module">import { mountSweep } from "sweepd/${ENTRY}";
if (!location.hash) history.replaceState(null, "", ${safeJson(`#${viewToText(model.view)}`)});
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => document.dispatchEvent(new Event("themechange")));
await mountSweep(document.querySelector("main"), JSON.parse(document.getElementById("data").textContent),
  { theme: () => (dark.matches ? "dark" : "light") });
document.querySelector("main").dataset.ready = "true";
</script></body></html>`;
  save(`${fileName(model)}.html`, html, "text/html");
}
