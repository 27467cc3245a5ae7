/** "Look closer": slices, contour, curves and timeline, one at a time, built when first opened. */
import { h, put } from "../common/dom.js";
import { sliceColumns } from "./cards.js";
import { Contour } from "./contour.js";
import { Curves } from "./curves.js";
import { Scatter } from "./scatter.js";
import { Timeline } from "./timeline.js";

const MOST_SLICES = 12;
const VIEWS = { Slices: slices, Contour: contour, Curves: curves, Timeline: timeline };

export function mountAnalysis(root, model, { fetchCurves }) {
  const names = Object.keys(VIEWS);
  const panel = h("div", { role: "tabpanel", id: "analysis-panel", class: "analysis-panel" });
  const tabs = names.map((name, k) => {
    const tab = h("button", { type: "button", role: "tab", id: `tab-${name}`,
      "aria-controls": "analysis-panel", "aria-selected": "false", tabindex: -1 }, name);
    tab.addEventListener("click", () => (
      model.change({ look: k ? name.toLowerCase() : null }, "nothing")));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const next = tabs[(k + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
    });
    return tab;
  });
  let isEmpty = false;
  let chosen = -1;
  const wanted = () => Math.max(0, names.findIndex((name) => name.toLowerCase() === model.view.look));
  function open(k) {
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === k));
      tab.tabIndex = i === k ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", tabs[k].id);
    panel.replaceChildren();
    isEmpty = !model.runs.length;
    if (isEmpty) panel.append(h("p", { class: "quiet" }, "Nothing to look at yet: no run has started."));
    else VIEWS[names[k]](panel, model, { fetchCurves });
    chosen = k;
  }
  model.addEventListener("data", () => {
    if (isEmpty && model.runs.length) open(chosen);
  });
  model.addEventListener("view", () => wanted() !== chosen && open(wanted()));
  put(root, h("div", { role: "tablist", class: "tabs", "aria-label": "Views" }, ...tabs), panel);
  open(wanted());
}

function slices(panel, model) {
  const ids = sliceColumns(model).slice(0, MOST_SLICES);
  if (!ids.length) {
    put(panel, h("p", { class: "quiet" }, "No searched parameter to slice by."));
    return;
  }
  const grid = h("div", { class: "slices" });
  panel.append(grid);
  for (const id of ids) {
    const cell = h("div", { class: "slice" });
    grid.append(cell);
    new Scatter(cell, model, { across: id, height: 190,
      label: `The metric over ${model.column(id).label.slice(0, 100)}` });
  }
}

function contour(panel, model) {
  const ids = sliceColumns(model);
  if (ids.length < 2) {
    put(panel, h("p", { class: "quiet" }, "A contour needs two searched parameters."));
    return;
  }
  const place = h("div");
  let view = null;
  const select = (label, at) => {
    const element = h("select", { "aria-label": label },
      ...ids.map((id) => h("option", { value: id }, model.column(id).label.slice(0, 80))));
    const known = ids.indexOf(model.view.contour?.[at]);
    element.selectedIndex = known < 0 ? at : known;
    element.addEventListener("change", () => {
      view.across = across.value;
      view.up = up.value;
      model.change({ contour: [across.value, up.value] }, "nothing");
      view.frame.later();
    });
    return element;
  };
  const across = select("Across", 0);
  const up = select("Up", 1);
  panel.append(h("div", { class: "button-row" },
    h("label", { class: "inline-field" }, h("span", {}, "Across"), across),
    h("label", { class: "inline-field" }, h("span", {}, "Up"), up)), place);
  view = new Contour(place, model, { across: across.value, up: up.value });
}

function curves(panel, model, { fetchCurves }) {
  const place = h("div");
  panel.append(place);
  new Curves(place, model, { fetchCurves });
}

function timeline(panel, model) {
  const place = h("div");
  panel.append(place);
  new Timeline(place, model);
}
