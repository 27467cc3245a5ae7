/** The comparison: only differences at first, keys found by words, and below it all runs' curves. */
import "./common/site.js";
import { h, put } from "./common/dom.js";
import { RunCurves } from "./run/curves.js";

const page = document.querySelector('[data-page="compare"]');
const find = document.querySelector('[data-part="find"]');
const differences = document.querySelector('[data-part="differences"]');
const same = document.querySelector('[data-part="same"]');
const rows = [...document.querySelectorAll("tbody tr")];

function show() {
  const wanted = find.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    row.hidden = (differences.checked && row.dataset.differs === "no")
      || !row.firstElementChild.textContent.toLowerCase().includes(wanted);
    shown += row.hidden ? 0 : 1;
  }
  same.hidden = shown > 0;
}
find.addEventListener("input", show);
differences.addEventListener("change", show);
show();

async function curves() {
  const place = document.querySelector('[data-part="curves"]');
  const runs = [...document.querySelectorAll("thead a[data-run]")].map((link) => (
    { id: link.dataset.run, name: link.textContent }));
  if (!runs.length) return;
  const history = async (id) => {
    const response = await fetch(`${page.dataset.url}/${encodeURIComponent(id)}/history`);
    if (!response.ok) throw new Error(`The server answered ${response.status}`);
    return response.json();
  };
  try {
    const first = await history(runs[0].id);
    const view = new RunCurves(place, { name: runs[0].name, siblings: runs.slice(1), history,
      view: { beside: runs.slice(1).map((run) => run.id) } });
    view.update(first);
  } catch (error) {
    put(place, h("p", { class: "notice is-bad", role: "alert" }, `The curves cannot be read now: ${error.message}`));
  }
}
await curves();
page.dataset.ready = "true";
