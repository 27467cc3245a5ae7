/** One panel's card: its head, its menu, and what its kind draws. */
import { h, popover, put } from "../common/dom.js";
import { editPanel } from "./editor.js";
import { saveCsv } from "./export.js";
import { drawPanel, makePanel } from "./kinds.js";
import { moveGrip, nameGrip, sectionChoice, takesBefore } from "./moving.js";
import { titleOfPanel } from "./needs.js";
import { hasPicture, savePng, saveSvg } from "./picture.js";
import { resizeHandle } from "./resizing.js";
import { movePanel, putPanel, removePanel } from "./sections.js";

export class PanelCard {
  constructor(context, panels) {
    Object.assign(this, { context, panels, isStale: true, isSeen: false, kind: null });
    this.title = h("h3", {});
    this.menu = h("button", { type: "button", class: "bare ws-panel-menu" }, "⋯");
    this.body = h("div", { class: "ws-panel-body" });
    this.grip = moveGrip(this);
    this.element = h("section", { class: "card chart-card ws-panel" },
      h("header", {}, this.grip, this.title, this.menu), this.body, resizeHandle(this));
    popover(this.menu, (panel) => this.#fillMenu(panel), { label: "Panel" });
    takesBefore(this);
    this.element.addEventListener("fullscreenchange", () => {
      const isFull = document.fullscreenElement === this.element;
      this.kind?.setHeight(isFull ? window.innerHeight - 90 : this.height);
      this.isStale = true;
      this.draw();
    });
  }

  follow(one, item) {
    Object.assign(this, { one, item });
    const name = titleOfPanel(item.panel);
    this.title.textContent = name.slice(0, 200);
    this.title.title = name;
    this.menu.setAttribute("aria-label", `Menu of ${name}`.slice(0, 200));
    this.element.setAttribute("aria-label", name.slice(0, 200));
    nameGrip(this);
    this.element.dataset.kind = item.panel.viewType ?? "";
    this.isStale = true;
  }

  setHeight(height) {
    if (height === this.height) return;
    this.height = height;
    this.body.style.minHeight = `${height}px`;
    this.kind?.setHeight(height);
  }

  draw() {
    if (!this.isSeen || !this.item) return;
    this.isStale = false;
    const { context } = this;
    if (!this.kind) {
      this.kind = makePanel(this.item.panel.viewType, this.body,
        { label: titleOfPanel(this.item.panel), zoomed: () => this.draw(),
        opened: (line) => line.run && window.open(`${context.base}/runs/${encodeURIComponent(line.run)}`,
          "_blank", "noopener") });
      this.kind.setHeight(this.height);
    }
    try {
      drawPanel(this.kind, this.body, { ...context, panel: this.item.panel, panelId: this.item.id,
        section: this.one.section, spec: context.view.spec, runs: context.runs, keys: context.keys().numbers,
        steps: context.keys().steps, metric: context.keys().metric }, () => this.edit());
    } catch (error) {
      put(this.body, h("p", { class: "notice is-bad", role: "alert" }, `This panel cannot be drawn: ${error.message}`));
      this.kind = null;
    }
  }

  destroy() {
    this.kind?.destroy();
    this.element.remove();
  }

  #fillMenu(panel) {
    const { view } = this.context;
    const act = (label, edit) => h("button", { type: "button", onclick: async () => {
      panel.hidePopover();
      try {
        await edit();
      } catch (error) {
        this.body.append(h("p", { class: "notice is-bad", role: "alert" }, error.message));
      }
    } }, label);
    const at = this.one.panels.findIndex((item) => item.id === this.item.id);
    const name = titleOfPanel(this.item.panel);
    panel.append(h("div", { class: "menu-actions" },
      act("Edit", () => this.edit()), act("Full screen", () => this.element.requestFullscreen()),
      act("Earlier", () => view.change((spec) => movePanel(spec, this.one, this.item, at - 1))),
      act("Later", () => view.change((spec) => movePanel(spec, this.one, this.item, at + 1))),
      sectionChoice(this),
      act("Copy", () => view.change((spec) => {
        if (!this.item.place) putPanel(spec, this.one, this.item, this.item.panel);
        const { __id__, isAuto, ...copy } = structuredClone(this.item.panel);
        putPanel(spec, this.one, null, copy);
      })),
      act("Remove", () => view.change((spec) => removePanel(spec, this.one, this.item))),
      hasPicture(this) ? act("PNG", () => savePng(this, name)) : null,
      hasPicture(this) ? act("SVG", () => saveSvg(this, name)) : null,
      act("CSV", () => saveCsv(this.kind, this.item.panel, this.context.runs, name))));
  }

  async edit() {
    const panel = await editPanel(this.item.panel, this.context);
    if (panel) this.context.view.change((spec) => putPanel(spec, this.one, this.item, panel));
  }
}
