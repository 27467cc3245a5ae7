/** The panels of a view in their sections; a card is kept as long as its panel is, so that no update
 * of the runs loses zoom, focus or place. Only cards in sight are drawn. */
import { h, popover, put } from "../common/dom.js";
import { count } from "../common/values.js";
import { PanelCard } from "./card.js";
import { editPanel } from "./editor.js";
import { takesLast } from "./moving.js";
import { hold, moveSection, nameOf, putPanel, sectionsOf } from "./sections.js";
import { oursOf } from "./spec.js";
import { titleOfPanel } from "./needs.js";

/** A card is known by its panel, wherever that is moved. */
const cardId = (item) => (item.key === null ? item.id : `auto:${item.key}`);

export class Panels {
  /** `context` is what cards draw from: {view, runs, source, keys(), …}. */
  constructor(root, context) {
    Object.assign(this, { root, context, cards: new Map(), heads: new Map(), query: "", arranged: "" });
    this.seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const card = target.card;
        card.isSeen = isIntersecting;
        if (isIntersecting && card.isStale) card.draw();
      }
    }, { rootMargin: "250px" });
  }

  /** Show only panels whose name matches: text, or a regular expression between slashes. */
  find(query) {
    this.query = query.trim();
    this.update();
  }

  #matcher() {
    const { query } = this;
    if (!query) return null;
    const regex = /^\/(.+)\/$/.exec(query)?.[1] ?? (/[\^$|*+?()[\]\\]/.test(query) ? query : null);
    if (regex) {
      try {
        const wanted = new RegExp(regex, "i");
        return (item) => wanted.test(titleOfPanel(item.panel)) || (item.panel.config?.metrics ?? [])
          .some((key) => wanted.test(key));
      } catch {
        /* not yet a whole expression: its characters count */
      }
    }
    const words = query.toLowerCase();
    return (item) => titleOfPanel(item.panel).toLowerCase().includes(words)
      || (item.panel.config?.metrics ?? []).some((key) => key.toLowerCase().includes(words));
  }

  /** Lay out sections and cards anew where they changed, and draw what is in sight. */
  update() {
    const { view } = this.context;
    const matches = this.#matcher();
    this.all = sectionsOf(view.spec, this.context.keys());
    const shown = this.all.map(
      (one) => ({ ...one, whole: one, panels: matches ? one.panels.filter(matches) : one.panels }))
      .filter((one) => !matches || one.panels.length);
    const signature = JSON.stringify(
      shown.map((one) => [one.name, one.index, one.isOpen, one.section?.pinned, Boolean(matches),
        one.section?.flowConfig, one.panels.map((item) => [item.id, item.panel])]));
    if (signature !== this.arranged) {
      this.arranged = signature;
      this.#arrange(shown, Boolean(matches));
    }
    for (const card of this.cards.values()) {
      card.isStale = true;
      if (card.isSeen) card.draw();
    }
  }

  #arrange(shown, isFound) {
    const used = new Set();
    put(this.root, ...shown.map((one) => this.#section(one, isFound, used)),
      shown.length ? null : h("p", { class: "quiet" }, isFound ? "No panel of that name."
        : this.context.keys().numbers.length ? "No panel is left in this view: add one, or undo."
          : "No run has logged a number yet. Numbers given to run.log() appear here as they arrive."));
    for (const [id, card] of this.cards) {
      if (used.has(id)) continue;
      this.seen.unobserve(card.element);
      card.destroy();
      this.cards.delete(id);
    }
  }

  #section(one, isFound, used) {
    const isOpen = isFound || one.isOpen;
    const columns = one.section?.flowConfig?.columnsPerPage
      ?? (this.context.keys().isBrief ? Math.min(3, one.panels.length) : Math.max(2, Math.min(3, one.panels.length)));
    const height = one.section?.flowConfig?.boxHeight ?? 300;
    const grid = h("div", { class: "ws-grid", style: { "--columns": columns } });
    if (isOpen) {
      for (const item of one.panels) {
        const card = this.#card(one, item, used);
        card.setHeight(Math.max(140, height - 70));
        grid.append(card.element);
      }
    }
    const section = h("section", { class: "ws-section", "aria-label": `Section ${one.name}`.slice(0, 200),
      "data-section": one.name }, h("header", {},
      h("button", { type: "button", class: "bare ws-section-name", "aria-expanded": String(isOpen),
        onclick: () => this.#fold(one) },
        h("span", { class: "ws-chevron", "aria-hidden": "true" }, isOpen ? "▾" : "▸"),
          h("h2", {}, one.name.slice(0, 120)),
        h("span", { class: "quiet small" }, count(one.panels.length, "panel"))), this.#sectionMenu(one)), grid);
    takesLast(section, one.whole);
    return section;
  }

  /** The card of a panel that may have been moved. */
  cardOf(item) {
    return this.cards.get(cardId(item));
  }

  #fold(one) {
    this.context.view.note((spec) => {
      hold(spec, one).isOpen = !one.isOpen;
    });
    this.update();
  }

  #card(one, item, used) {
    let id = cardId(item);
    if (used.has(id)) id = `${nameOf(one)}\n${item.id}`; // a key may be drawn twice
    used.add(id);
    let card = this.cards.get(id);
    if (card && card.item.panel.viewType !== item.panel.viewType) {
      card.destroy();
      card = null;
    }
    if (!card) {
      card = new PanelCard(this.context, this);
      card.element.card = card;
      this.seen.observe(card.element);
      this.cards.set(id, card);
    }
    card.follow(one.whole, item);
    return card;
  }

  #sectionMenu(one) {
    const button = h("button",
      { type: "button", class: "bare", "aria-label": `Menu of section ${one.name}`.slice(0, 200) }, "⋯");
    const { view } = this.context;
    popover(button, (panel) => {
      const act = (label, edit) => h("button", { type: "button", onclick: () => {
        panel.hidePopover();
        edit();
      } }, label);
      const change = (edit) => () => view.change(edit);
      const name = h("input", { value: one.name, "aria-label": "Name of the section", required: true });
      const columns = h("select", { "aria-label": "Columns" },
        ...[1, 2, 3, 4, 5].map((n) => h("option", { value: n }, `${n} column${n > 1 ? "s" : ""}`)));
      columns.value = one.section?.flowConfig?.columnsPerPage ?? 3;
      columns.addEventListener("change", () => view.change((spec) => {
        hold(spec, one).flowConfig.columnsPerPage = Number(columns.value);
      }));
      const height = h("select", { "aria-label": "Height" }, ...[[220, "low"], [300, "middle"], [420, "high"],
        [560, "very high"]].map(([px, text]) => h("option", { value: px }, text)));
      height.value = one.section?.flowConfig?.boxHeight ?? 300;
      height.addEventListener("change", () => view.change((spec) => {
        hold(spec, one).flowConfig.boxHeight = Number(height.value);
      }));
      panel.append(h("form", { class: "ws-rename", onsubmit: (event) => {
        event.preventDefault();
        panel.hidePopover();
        view.change((spec) => {
          const section = hold(spec, one);
          section.defaultName ??= section.name;
          section.name = name.value.trim().slice(0, 200);
        });
      } }, name, h("button", {}, "Rename")), h("div", { class: "range" }, columns, height), h("div",
        { class: "menu-actions" },
        act("Add a panel", () => this.add(one)),
        act(one.section?.pinned ? "Unpin" : "Pin to the top", change((spec) => {
          const section = hold(spec, one);
          section.pinned = !section.pinned;
        })),
        act("Move up", change((spec) => moveSection(spec, this.all, one, -1))),
        act("Move down", change((spec) => moveSection(spec, this.all, one, 1))),
        act("Remove section", change((spec) => {
          const keys = one.panels.map((item) => item.key).filter((key) => key !== null);
          oursOf(spec).removed = [...new Set([...(oursOf(spec).removed ?? []), ...keys])];
          if (one.index !== null) spec.section.panelBankConfig.sections.splice(one.index, 1);
        }))));
    }, { label: `Section ${one.name}`.slice(0, 200) });
    return button;
  }

  /** Ask for a new panel and put it into a section. */
  async add(one = null) {
    const home = one ?? this.all.find((item) => item.name === "Charts")
      ?? { name: "Charts", index: null, isOpen: true, panels: [] };
    const panel = await editPanel(null, this.context);
    if (panel) this.context.view.change((spec) => putPanel(spec, home, null, panel));
  }
}
