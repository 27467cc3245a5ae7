/** The charts of a run: a curve per key, over step, time or another key, others laid beside it. */
import { h, put } from "../common/dom.js";
import { draw, HUES, smooth } from "./charts.js";

const MOST_BESIDE = 20;

export class RunCurves {
  /**
   * `history(runId)` resolves to another run's curves; `siblings` are the runs offered to be laid
   * beside; `view` is how to begin ({across, smooth, log, beside}), `changed(part)` is told.
   */
  constructor(panel, { name, siblings = [], history = null, view = {}, changed = () => {} }) {
    Object.assign(this, { name, siblings, history, changed, others: new Map(), cards: new Map() });
    this.across = h("select", { "aria-label": "Across" }, ...["step", "time", "epoch"]
      .map((id) => h("option", { value: id }, id)));
    this.across.value = ["step", "time", "epoch"].includes(view.across) ? view.across : "step";
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
    document.addEventListener("themechange", () => this.redraw());
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const card = this.cards.get(entry.target.dataset.key);
        if (card) {
          card.visible = entry.isIntersecting;
          if (card.visible && card.stale) this.#draw(card);
        }
      }
    }, { rootMargin: "200px" });
    if (view.beside?.length) this.lay(view.beside);
  }

  /** `hasMore` says that something else of the run is shown below, so that no curve is no void. */
  update(answer, hasMore = false) {
    this.own = answer;
    this.hasMore = hasMore;
    this.arrange();
    this.redraw();
  }

  /** Lay other runs beside this one, each in a colour of its own. */
  async lay(ids) {
    const fresh = ids.filter((id) => !this.others.has(id)).slice(0, MOST_BESIDE - this.others.size);
    const names = new Map(this.siblings.map((run) => [run.id, run.name]));
    for (const id of fresh) this.others.set(id, { name: names.get(id) || id, answer: null });
    this.#showBeside();
    await Promise.all(fresh.map(async (id) => {
      try {
        this.others.get(id).answer = await this.history(id);
      } catch {
        this.others.delete(id); // deleted meanwhile, or a wrong address
      }
    }));
    this.#showBeside();
    this.redraw();
  }

  #showBeside() {
    this.legend.hidden = !this.others.size;
    const mark = (k) => h("span", { class: "swatch", style: { background: HUES[k % HUES.length] } });
    put(this.legend, h("span", { class: "inline-field" }, mark(0), this.name.slice(0, 80)),
      ...[...this.others].map(([id, { name, answer }], k) => h("span", { class: "filter" }, mark(k + 1),
        answer ? name.slice(0, 80) : `${name.slice(0, 80)} …`,
        h("button", { type: "button", "aria-label": `Take ${name.slice(0, 80)} away`, onclick: () => {
          this.others.delete(id);
          this.#showBeside();
          this.redraw();
        } }, "×"))));
    this.changed({ beside: [...this.others.keys()] });
  }

  /** A card per key, in groups by what stands before the slash. */
  arrange() {
    const wanted = this.find.value.trim().toLowerCase();
    const keys = Object.keys(this.own?.series ?? {}).filter((key) => key.toLowerCase().includes(wanted))
      .sort((a, b) => a.localeCompare(b));
    const groups = new Map();
    for (const key of keys) {
      const group = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(key);
    }
    const signature = JSON.stringify([[...groups], this.hasMore]);
    if (signature === this.arranged) return;
    this.arranged = signature;
    if (!keys.length && this.hasMore) {
      put(this.grid);
      return;
    }
    if (!keys.length) {
      put(this.grid, h("p", { class: "quiet" }, wanted ? "No chart of that name."
        : "Nothing logged yet. Numbers given to run.log() appear here as they arrive."));
      return;
    }
    put(this.grid, ...[...groups].flatMap(([group, members]) => [
      groups.size > 1 ? h("h2", { class: "chart-group" }, group.slice(0, 200) || "General") : null,
      h("div", { class: "chart-grid" }, ...members.slice(0, 300).map((key) => this.#card(key))),
    ].filter(Boolean)));
    this.redraw();
  }

  #card(key) {
    let card = this.cards.get(key);
    if (!card) {
      const chart = h("div", { class: "chart" });
      const element = h("section", { class: "card chart-card", "data-key": key, "aria-label": key.slice(0, 200) },
        h("h3", {}, key.slice(0, 200)), chart);
      card = { key, chart, element, stale: true, visible: false };
      this.cards.set(key, card);
      this.observer.observe(element);
    }
    return card.element;
  }

  redraw() {
    for (const card of this.cards.values()) {
      card.stale = true;
      if (card.visible) this.#draw(card);
    }
  }

  #draw(card) {
    card.stale = false;
    const runs = [[this.name, this.own], ...[...this.others.values()].map((o) => [o.name, o.answer])];
    const traces = runs.flatMap(([name, answer], k) => this.#traces(card.key, name, answer, HUES[k % HUES.length]));
    const isTime = this.across.value === "time";
    draw(card.chart, traces, {
      xaxis: { title: { text: this.across.value, font: { size: 11 } }, type: isTime ? "date" : "linear",
        automargin: true },
      yaxis: { type: this.log.checked ? "log" : "linear", ...roomFor(traces, this.log.checked) }, showlegend: false,
    });
  }

  #traces(key, name, answer, colour) {
    const curve = answer?.series?.[key];
    if (!curve) return [];
    const x = this.#across(curve, answer);
    const weight = Number(this.smoothing.value);
    const label = name.slice(0, 60).replace(/[<>&]/g, " ");
    const line = { x, y: smooth(curve.value, weight), name: label, mode: curve.value.length < 30 ? "lines+markers" : "lines",
      line: { color: colour, width: 1.8 }, marker: { size: 4 }, type: "scatter" };
    const raw = { x, y: curve.value, mode: "lines", hoverinfo: "skip", showlegend: false, opacity: 0.25,
      line: { color: colour, width: 1 }, type: "scatter" };
    return weight ? [raw, line] : [line];
  }

  #across(curve, answer) {
    if (this.across.value === "time") return curve.time.map((s) => (s ? new Date(s * 1000) : null));
    if (this.across.value === "epoch") {
      const epoch = answer.series["epoch/epoch"] ?? answer.series.epoch;
      if (epoch) {
        const at = new Map(epoch.step.map((step, k) => [step, epoch.value[k]]));
        let last = null;
        return curve.step.map((step) => {
          last = at.get(step) ?? last;
          return last;
        });
      }
    }
    return curve.step;
  }
}

/** A range around a curve that never changes; by itself the library draws from v − 1 to v + 1. */
function roomFor(traces, isLog) {
  const values = traces.flatMap((trace) => trace.y).filter(Number.isFinite);
  const [first] = values;
  if (isLog || !values.length || values.some((value) => value !== first)) return {};
  const margin = Math.abs(first) * 0.2 || 1;
  return { range: [first - margin, first + margin] };
}
