/** The artifact page: aliases, description and deletion; everything else is there at first paint. */
import { h } from "./common/dom.js";
import { post } from "./common/feed.js";
import { draw } from "./run/charts.js";
import { sure } from "./run/head.js";

const page = document.querySelector('[data-page="artifact"]');
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const message = part("message");

async function act(body) {
  message.textContent = "Working…";
  try {
    const answer = await post(page.dataset.actions, body);
    message.textContent = answer.message;
    return true;
  } catch (error) {
    message.textContent = error.message;
    return false;
  }
}

/** Aliases move between versions: the page is read again, by number, for an alias may be gone. */
async function changeAlias(action, alias) {
  if (await act({ action, alias })) window.location.replace(page.dataset.self);
}

for (const button of page.querySelectorAll("[data-alias]")) {
  button.addEventListener("click", () => changeAlias("remove-alias", button.dataset.alias));
}
part("add-alias")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const alias = event.target.elements.alias.value.trim();
  if (alias) changeAlias("add-alias", alias);
});
part("description").addEventListener("change", (event) => (
  act({ action: "describe", description: event.target.value })));
const [word, warning] = "link" in page.dataset
  ? ["Unlink", "The link goes with its aliases; the version stays where it was logged."]
  : ["Delete", "This version goes with its aliases, and bytes that nothing else uses. It cannot be brought back."];
if (!("fixed" in page.dataset)) {
  part("controls").append(sure(word, warning, `${word} it`, async () => {
    if (await act({ action: "delete" })) window.location.href = page.dataset.list;
  }));
}
const here = page.querySelector(".lineage-node.is-this rect");
const box = page.querySelector('[aria-label="Lineage"]');
if (here && box) box.scrollLeft = here.x.baseVal.value - (box.clientWidth - here.width.baseVal.value) / 2;
/** The numbers of the metadata over all versions, once there is more than one. */
async function overVersions() {
  const place = part("metadata");
  if (Number(place.dataset.versions) < 2) return;
  const response = await fetch(place.dataset.url);
  if (!response.ok) return;
  const { versions, series } = await response.json();
  const charts = Object.entries(series).map(([key, values]) => {
    const chart = h("div", { class: "chart" });
    place.append(h("section", { class: "card chart-card", "aria-label": `${key.slice(0, 200)} over versions` },
      h("h3", {}, key.slice(0, 200)), chart));
    return [chart, values];
  });
  const ticks = { title: { text: "version", font: { size: 11 } }, tickprefix: "v",
    dtick: versions.length > 12 ? null : 1 };
  for (const [chart, values] of charts) {
    draw(chart, [{ x: versions, y: values, mode: "lines+markers", type: "scatter", connectgaps: false,
      line: { width: 1.8 }, marker: { size: 5 } }], { xaxis: ticks });
  }
}
await overVersions();
page.dataset.ready = "true";
