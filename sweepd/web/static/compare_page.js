/** The comparison: only differences at first, keys found by words, and below it all runs' curves. */
import "./common/site.js";
import { h } from "./common/dom.js";
import { colourOfRun } from "./curves/colours.js";
import { CurveSource } from "./curves/source.js";
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

/** Each run's own colour before its name, as its curve has it. */
function colour() {
  for (const link of document.querySelectorAll("thead a[data-run]")) {
    link.parentElement.querySelector(".swatch")?.remove();
    link.before(h("span", { class: "swatch", style: { background: colourOfRun(Number(link.dataset.number)) } }));
  }
}
document.addEventListener("themechange", colour);
colour();

function curves() {
  const place = document.querySelector('[data-part="curves"]');
  const runs = [...document.querySelectorAll("thead a[data-run]")].map((link) => (
    { id: link.dataset.run, name: link.textContent, number: Number(link.dataset.number), state: "" }));
  if (!runs.length) return;
  const view = new RunCurves(place, { source: new CurveSource(page.dataset.curves), own: runs[0],
    siblings: runs.slice(1), view: { beside: runs.slice(1).map((run) => run.id) } });
  view.update({ keys: JSON.parse(page.dataset.keys), state: "" });
}
curves();
page.dataset.ready = "true";
