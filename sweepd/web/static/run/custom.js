/**
 * Charts made with `wandb.plot`. The built-in presets are drawn with Plotly from their tables; a
 * user's own Vega spec is drawn in a frame without origin, cookies or network.
 */
import { h, put } from "../common/dom.js";
import { draw } from "./charts.js";
import { presetOf } from "./presets.js";

export class CustomCharts {
  /** `readTable(object)` resolves to a logged table's {columns, data: [{row}]}. */
  constructor(root, readTable) {
    Object.assign(this, { root, readTable, cards: new Map(), wanted: "", arranged: "" });
  }

  /** `charts` as the overview has them; `tableOf(key)` gives the newest table of a key, if any. */
  update(charts, tableOf) {
    for (const chart of charts) {
      const table = tableOf(chart.table);
      const signature = JSON.stringify([chart, table?.path, table?.sha256]);
      let card = this.cards.get(chart.key);
      if (!card) {
        const title = String(chart.strings?.title || chart.key).slice(0, 200);
        const place = h("div", { class: "chart" });
        card = { place, title, element: h("section", { class: "card chart-card", "aria-label": title },
          h("h3", {}, title), place) };
        this.cards.set(chart.key, card);
      }
      if (card.signature !== signature) {
        card.signature = signature;
        this.#draw(card.place, chart, table);
      }
    }
    this.#arrange();
  }

  find(wanted) {
    this.wanted = wanted.trim().toLowerCase();
    this.#arrange();
  }

  #arrange() {
    const shown = [...this.cards].filter(([key, { title }]) => `${key} ${title}`.toLowerCase().includes(this.wanted));
    const signature = JSON.stringify(shown.map(([key]) => key));
    if (signature === this.arranged) return;
    this.arranged = signature;
    put(this.root, ...shown.map(([, card]) => card.element));
    this.root.hidden = !shown.length;
  }

  async #draw(place, chart, media) {
    try {
      if (!media) throw new Error("its table has not arrived yet");
      const { columns, data } = await this.readTable(media);
      const rows = data.map(({ row }) => Object.fromEntries(columns.map((name, k) => [name, row[k]])));
      return drawChart(place, chart, rows);
    } catch (error) {
      return put(place, h("p", { class: "quiet small" }, `Not drawn: ${error.message}`));
    }
  }
}

/** Draw a chart {key, preset, fields, strings, spec} of rows in a place. */
export function drawChart(place, chart, rows) {
  const drawn = presetOf(chart.preset)?.(chart, rows);
  if (!drawn) return frame(place, chart, rows);
  place.classList.remove("is-frame");
  place.classList.toggle("is-tall", Boolean(drawn.layout.showlegend) && drawn.traces.length > 7);
  return draw(place, drawn.traces, drawn.layout);
}

/** Send spec and rows into the sandboxed frame; it can draw, and nothing else. */
function frame(place, chart, rows) {
  const spec = chart.spec ?? chart.strings?.spec;
  if (!spec) {
    put(place, h("p", { class: "quiet small" }, `No drawing is known for ${chart.preset || "this chart"}.`));
    return;
  }
  place.classList.add("is-frame");
  const element = h("iframe", { class: "vega-frame", sandbox: "allow-scripts",
    src: new URL("../../vega", import.meta.url).href, title: `Chart ${chart.key.slice(0, 100)}` });
  element.addEventListener("load", () => element.contentWindow.postMessage(
    { spec, rows, fields: chart.fields, strings: chart.strings }, "*"));
  put(place, element);
}
