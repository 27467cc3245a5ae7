/** Which view is open, whether it is kept, and the others there are. */
import { h, popover, put } from "../common/dom.js";
import { newId } from "./ids.js";

export class ViewsMenu {
  constructor(root, { view, base }) {
    Object.assign(this, { view, base });
    this.button = h("button", { type: "button", class: "ws-view-name" });
    this.state = h("span", { class: "small quiet", role: "status" });
    this.save = h("button", { type: "button", class: "primary", onclick: () => view.save() }, "Save for all");
    put(root, this.state, this.save, this.button);
    popover(this.button, (panel) => this.#fill(panel), { label: "Views", className: "ws-views-list" });
    view.addEventListener("saved", () => this.update());
    this.update();
  }

  update() {
    const { view } = this;
    this.button.textContent = `${view.isOwn ? "My workspace" : view.title || "View"} ▾`;
    this.save.hidden = view.isOwn || !view.mayChange || !view.isDirty;
    this.state.textContent = view.saving
      || (view.isOwn ? "" : view.mayChange
        ? (view.isDirty ? "Changed" : "") : "Another's workspace: changes are yours alone until you save a copy");
  }

  #fill(panel) {
    const { view, base } = this;
    const name = h("input",
      { placeholder: "Name of the new view", "aria-label": "Name of the new view", maxlength: 200, required: true });
    const others = view.views.filter((item) => item.owner === null);
    const people = view.views.filter((item) => item.owner !== null && item.nw !== view.nw);
    const link = (item) =>
      h("a", { class: "ws-view", href: `${base}/workspace?nw=${encodeURIComponent(item.nw)}`,
        "aria-current": item.nw === view.nw ? "page" : null },
      h("span", {}, item.title.slice(0, 120)), h("span", { class: "quiet small" }, item.by ? ` ${item.by}` : ""));
    panel.append(h("a", { class: "ws-view", href: `${base}/workspace`, "aria-current": view.isOwn ? "page" : null },
      "My workspace"),
      ...others.map(link), people.length ? h("p", { class: "quiet small" }, "Of others") : null,
      ...people.map((item) => link({ ...item, title: `${item.owner}'s workspace`, by: "" })),
      h("form", { class: "ws-rename", onsubmit: async (event) => {
        event.preventDefault();
        const nw = await view.saveAs(name.value.trim(), newId());
        window.location.href = `${base}/workspace?nw=${nw}`;
      } }, name, h("button", {}, "Save as a view")),
      view.isOwn || !view.mayChange ? null : h("button", { type: "button", class: "danger", onclick: async () => {
        if (!window.confirm(`Delete the view “${view.title}” for everybody?`)) return;
        await view.remove();
        window.location.href = `${base}/workspace`;
      } }, "Delete this view"),
      view.isOwn ? h("button", { type: "button", onclick: () => {
        panel.hidePopover();
        view.change((spec) => {
          for (const key of Object.keys(spec)) delete spec[key];
          Object.assign(spec, this.fresh());
        });
      } }, "Start over") : null);
  }
}
