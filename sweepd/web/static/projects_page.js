/** The list of projects: found by words, in the order that is asked for. */
import "./common/site.js";
import { h } from "./common/dom.js";
import { deletedButton } from "./project/deleted.js";

const grid = document.querySelector('[data-page="projects"]');
const bar = document.querySelector('[data-part="bar"]');
const none = document.querySelector('[data-part="none"]');
const byName = new Intl.Collator(undefined, { numeric: true });
const ORDERS = {
  "last change": (a, b) => b.dataset.last.localeCompare(a.dataset.last),
  name: (a, b) => byName.compare(a.dataset.name, b.dataset.name),
  "most runs": (a, b) => b.dataset.runs - a.dataset.runs,
};

function mount() {
  const cards = [...grid.children];
  const find = h("input", { type: "search", placeholder: "Find a project", "aria-label": "Find a project" });
  const order = h("select", { "aria-label": "Order" },
    ...Object.keys(ORDERS).map((name) => h("option", { value: name }, name)));
  const show = () => {
    const words = find.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const card of cards) {
      const text = card.textContent.toLowerCase() + card.dataset.name.toLowerCase();
      card.hidden = !words.every((word) => text.includes(word));
    }
    none.hidden = cards.some((card) => !card.hidden);
  };
  order.addEventListener("change", () => grid.append(...cards.toSorted(ORDERS[order.value])));
  find.addEventListener("input", show);
  bar.append(find, h("label", { class: "inline-field" }, h("span", {}, "Order"), order));
  grid.dataset.ready = "true";
}
const head = document.querySelector('[data-part="head"]');
if (head?.dataset.deleted) {
  head.prepend(deletedButton("project", { read: head.dataset.deleted, write: head.dataset.deleted,
    changed: () => window.location.reload() }));
}
if (grid) mount();
else if (head) head.dataset.ready = "true"; // there is no project: first steps alone
