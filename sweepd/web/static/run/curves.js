/** The charts of a run: a curve per key, over step, time or another key, others laid beside it. */
import { h, put } from "../common/dom.js";
import { titleOf } from "../common/kinds.js";
import { colourOfRun } from "../curves/colours.js";
import { definedX, kindOfX, nameOfX, sections } from "../curves/keys.js";
import { LinePlot } from "../curves/plot.js";
import { smoothLines } from "../curves/prepare.js";

const MOST_BESIDE = 20;
const POINTS = 600;
const AXES = { step: "_step", time: "_timestamp", relative: "_runtime" };

export class RunCurves {
  /**
   * `source` is a CurveSource; `own` and `siblings` are runs {id, name, number, state}, the siblings
   * those offered to be laid beside; `steps` says by `define_metric` what is drawn over what; `view`
   * is how to begin ({across, smooth, log, beside}), `changed(part)` is told.
   */
  constructor(panel, { source, own, siblings = [], steps = {}, view = {}, changed = () => {} }) {
    Object.assign(this, { source, own, siblings, steps, changed, others: new Map(), cards: new Map(), keys: [] });
    this.across = h("select", { "aria-label": "Across" });
    this.wantedAcross = view.across ?? "";
    this.smoothing = h("input", { type: "range", min: 0, max: 0.98, step: 0.02, value: view.smooth ?? 0,
      "aria-label": "Smoothing" });
    this.log = h("input", { type: "checkbox", checked: Boolean(view.log) });
    this.find = h("input", { type: "search", placeholder: "Find a chart", "aria-label": "Find a chart" });
    this.beside = h("select", { "aria-label": "Lay another run beside this one" },
      h("option", { value: "" }, "another run…"),
      ...siblings.map((run) => h("option", { value: run.id }, run.name || run.id)));
    const field = (label, control) => h("label", { class: "inline-field" }, h("span", {}, label), control);
    this.bar = h("div", { class: "chart-bar" }, this.find, field("Across", this.across),
      field("Smoothing", this.smoothing), h("label", { class: "check" }, this.log,
        h("span", {}, "Log axis")), siblings.length ? field("Beside", this.beside) : "");
    this.legend = h("div", { class: "filters beside", hidden: true });
    this.grid = h("div", { class: "stack" });
    panel.append(this.bar, this.legend, this.grid);
    for (const control of [this.across, this.log, this.smoothing]) {
      control.addEventListener("input", () => {
        this.wantedAcross = this.across.value;
        this.changed({ across: this.across.value, log: this.log.checked, smooth: Number(this.smoothing.value) });
        this.redraw();
      });
    }
    this.find.addEventListener("input", () => this.arrange());
    this.beside.addEventListener("change", () => {
      const id = this.beside.value;
      this.beside.value = "";
      if (id) this.lay([id]);
    });
    this.stop = source.listen((error) => {
      if (!panel.isConnected) this.#leave();
      else if (error) this.fail(error);
      else this.redraw();
    });
    this.onTheme = () => this.#showBeside() ?? this.redraw();
    document.addEventListener("themechange", this.onTheme);
    if (view.beside?.length) this.lay(view.beside);
  }

  #leave() {
    this.stop();
    document.removeEventListener("themechange", this.onTheme);
    for (const { plot } of this.cards.values()) plot.destroy();
    this.cards.clear();
  }

  fail(error) {
    this.grid.querySelector(".notice")?.remove();
    this.grid.prepend(
      h("p", { class: "notice is-bad", role: "alert" }, `The curves cannot be read now: ${error.message}`));
  }

  /**
   * The numbers there are, and how far the run has come (`state`). `hasMore` says that something
   * else of the run is shown below, so that no curve is no void.
   */
  update({ keys, state, hasMore = false }) {
    this.keys = keys;
    this.own = { ...this.own, state };
    this.hasMore = hasMore;
    this.#fillAcross();
    this.arrange();
    this.redraw();
  }

  #fillAcross() {
    const signature = this.keys.join("\n");
    if (this.filled === signature) return;
    this.filled = signature;
    const option = (value, text = value) => h("option", { value }, text.slice(0, 60));
    put(this.across, Object.keys(this.steps).length ? option("", "as defined") : null, option("step"),
      option("relative", "relative time"), option("time"),
      h("optgroup", { label: "Logged keys" }, ...this.keys.slice(0, 300).map((key) => option(key))));
    const wanted = this.wantedAcross || (Object.keys(this.steps).length ? "" : "step");
    const known = [...this.across.options].map((item) => item.value);
    const spelled = wanted === "epoch" && !known.includes("epoch") ? "epoch/epoch" : wanted;
    this.across.value = known.includes(spelled) ? spelled : known[0];
  }

  /** Lay other runs beside this one, each in its own colour. */
  lay(ids) {
    const known = new Map(this.siblings.map((run) => [run.id, run]));
    for (const id of ids.filter((item) => known.has(item) && !this.others.has(item))
      .slice(0, MOST_BESIDE - this.others.size)) {
      this.others.set(id, { state: "", ...known.get(id) });
    }
    this.#showBeside();
    this.redraw();
  }

  #showBeside() {
    this.legend.hidden = !this.others.size;
    const mark = (run) => h("span", { class: "swatch", style: { background: colourOfRun(run.number) } });
    put(this.legend, h("span", { class: "inline-field" }, mark(this.own), this.own.name.slice(0, 80)),
      ...[...this.others].map(([id, run]) => h("span", { class: "filter" }, mark(run), (run.name || id).slice(0, 80),
        h("button", { type: "button", "aria-label": `Take ${(run.name || id).slice(0, 80)} away`, onclick: () => {
          this.others.delete(id);
          this.#showBeside();
          this.redraw();
        } }, "×"))));
    this.changed({ beside: [...this.others.keys()] });
  }

  /** A card per key, in sections by what stands before the slash. */
  arrange() {
    const wanted = this.find.value.trim().toLowerCase();
    const keys = this.keys.filter((key) => key.toLowerCase().includes(wanted));
    const groups = sections(keys);
    const signature = JSON.stringify([groups, this.hasMore]);
    if (signature === this.arranged) return;
    this.arranged = signature;
    if (!keys.length) {
      put(this.grid, this.hasMore ? null : h("p", { class: "quiet" }, wanted ? "No chart of that name."
        : "Nothing logged yet. Numbers given to run.log() appear here as they arrive."));
      return;
    }
    put(this.grid, ...groups.flatMap(([group, members]) => [
      groups.length > 1 ? h("h2", { class: "chart-group" }, group.slice(0, 200)) : null,
      h("div", { class: "chart-grid" }, ...members.map((key) => this.#card(key).element)),
    ].filter(Boolean)));
  }

  #card(key) {
    let card = this.cards.get(key);
    if (!card) {
      const element = h("section", { class: "card chart-card", "data-key": key, "aria-label": key.slice(0, 200) },
        h("h3", { title: key.slice(0, 200) }, titleOf(key).slice(0, 200)));
      card = { key, element, zoom: null };
      card.plot = new LinePlot(element, { label: `Curve of ${key.slice(0, 200)}`, zoomed: (zoom) => {
        card.zoom = zoom;
        this.#draw(card);
      } });
      new IntersectionObserver((entries) => {
        card.visible = entries.at(-1).isIntersecting; // the newest of those that wait
        if (card.visible && card.stale) this.#draw(card);
      }, { rootMargin: "200px" }).observe(element);
      this.cards.set(key, card);
    }
    return card;
  }

  redraw() {
    for (const card of this.cards.values()) {
      card.stale = true;
      if (card.visible) this.#draw(card);
    }
  }

  #x(key) {
    const wanted = this.across.value;
    if (wanted === "") return definedX(key, this.steps) ?? "_step";
    return AXES[wanted] ?? wanted;
  }

  #draw(card) {
    card.stale = false;
    const x = this.#x(card.key);
    const runs = [this.own, ...this.others.values()];
    const whole = this.source.read({ runs, keys: [card.key], x, points: POINTS });
    let fine = null;
    if (card.zoom) fine =
      this.source.read({ runs, keys: [card.key], x, points: POINTS, low: card.zoom[0], high: card.zoom[1] });
    const lines = runs.flatMap((run) => {
      const curve = fine?.get(run.id)?.[card.key] ?? whole.get(run.id)?.[card.key];
      return curve ? [{ id: run.id, run: run.id, label: run.name || run.id, colour: colourOfRun(run.number), ...curve,
        width: 1.8, points: curve.x.length < 30 }] : [];
    });
    const isHere = whole.size > 0;
    card.plot.show(smoothLines(lines, { kind: "exponential", weight: Number(this.smoothing.value) }), {
      nameX: nameOfX(x), kindX: kindOfX(x), logY: this.log.checked,
      empty: isHere ? `Not logged together with ${nameOfX(x)}` : "Reading…" });
  }
}
