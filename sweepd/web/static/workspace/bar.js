/** The bar over the panels: what all of them are drawn over, smoothing, search, undo, a new panel. */
import { h, put } from "../common/dom.js";
import { KINDS, isShare } from "../curves/smoothing.js";

export class Bar {
  constructor(root, { view, panels, runList, keys }) {
    Object.assign(this, { view, keys });
    this.find = h("input", { type: "search", placeholder: "Find panels (text or regex)", "aria-label": "Find panels" });
    this.find.addEventListener("input", () => panels.find(this.find.value));
    this.across = h("select", { "aria-label": "X axis" });
    this.across.addEventListener("change", () => this.#set((settings) => {
      settings.xAxis = this.across.value;
      settings.xAxisActive = this.across.value !== "_step";
    }));
    this.kind = h("select", { "aria-label": "Kind of smoothing" },
      ...KINDS.map(([id, name]) => h("option", { value: id }, name)));
    this.weight = h("input", { type: "range", min: 0, max: 99, step: 1, "aria-label": "Smoothing" });
    this.kind.addEventListener("change", () => this.#set((settings) => {
      settings.smoothingType = this.kind.value;
      if (this.kind.value !== "none" && !settings.smoothingWeight)
        settings.smoothingWeight = isShare(this.kind.value) ? 60 : 10;
      settings.smoothingActive = this.kind.value !== "none";
    }));
    this.weight.addEventListener("input", () => {
      this.view.note((spec) => {
        const { settings } = spec.section;
        settings.smoothingWeight = Number(this.weight.value);
        if (settings.smoothingType === "none" || !settings.smoothingType)
          settings.smoothingType = "exponentialTimeWeighted";
        settings.smoothingActive = settings.smoothingWeight > 0;
      });
      this.kind.value = this.view.spec.section.settings.smoothingType;
      panels.update();
    });
    this.outliers = h("input", { type: "checkbox" });
    this.outliers.addEventListener("change",
      () => this.#set((settings) => { settings.ignoreOutliers = this.outliers.checked; }));
    const button = (label, text, act) =>
      h("button", { type: "button", class: "bare ws-icon", "aria-label": label, title: label, onclick: act }, text);
    this.undo = button("Undo", "↶", () => view.undo());
    this.redo = button("Redo", "↷", () => view.redo());
    const field = (label, ...controls) => h("label", { class: "inline-field" }, h("span", {}, label), ...controls);
    this.list = h("button", { type: "button", class: "ws-drawer-open", title: "Show or hide the list of runs",
      onclick: () => runList.toggle() }, "Runs");
    put(root, this.list, this.find,
      field("X axis", this.across), field("Smoothing", this.kind), this.weight,
      h("label", { class: "check" }, this.outliers, h("span", {}, "Leave outliers out")),
      h("span", { class: "ws-end" }, this.undo, this.redo,
        h("button", { type: "button", onclick: () => panels.add() }, "Add panel")));
    view.addEventListener("saved", () => this.#steps());
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.target.closest("input, textarea, select, dialog")) return;
      if (event.key === "z" && !event.shiftKey) view.undo();
      else if (event.key === "y" || (event.key.toLowerCase() === "z" && event.shiftKey)) view.redo();
      else return;
      event.preventDefault();
    });
  }

  #set(edit) {
    this.view.change((spec) => edit(spec.section.settings));
  }

  update() {
    const settings = this.view.spec.section.settings ?? {};
    const { numbers } = this.keys();
    const signature = numbers.join("\n");
    if (signature !== this.filled) {
      this.filled = signature;
      put(this.across, h("option", { value: "_step" }, "step, or as defined"),
        h("option", { value: "_runtime" }, "relative time"), h("option", { value: "_timestamp" }, "time"),
        h("optgroup", { label: "Logged keys" },
          ...numbers.slice(0, 300).map((key) => h("option", { value: key }, key.slice(0, 60)))));
    }
    const x = settings.xAxis === "_absolute_runtime" ? "_runtime" : settings.xAxis ?? "_step";
    if (![...this.across.options].some((option) => option.value === x))
      this.across.append(h("option", { value: x }, x));
    this.across.value = x;
    this.kind.value = settings.smoothingType ?? "none";
    const weight = settings.smoothingWeight ?? 0;
    this.weight.value = isShare(this.kind.value) && weight <= 1 ? weight * 100 : weight;
    this.outliers.checked = Boolean(settings.ignoreOutliers);
    this.list.setAttribute("aria-expanded", String(!this.view.spec.sweepd?.isListFolded));
    this.#steps();
  }

  #steps() {
    this.undo.disabled = !this.view.canUndo;
    this.redo.disabled = !this.view.canRedo;
  }
}
