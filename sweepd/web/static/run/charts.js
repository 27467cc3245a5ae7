/** Plotly, loaded when first needed, in the colours of the page. */
import { h, colourOf } from "../common/dom.js";

let loading = null;

/** The library; it is five megabytes, so nothing waits for it that does not need it. */
export function plotly() {
  loading ??= new Promise((done, fail) => {
    const script = h("script", { src: new URL("../../vendor/plotly.min.js", import.meta.url).href });
    script.addEventListener("load", () => done(window.Plotly));
    script.addEventListener("error", () => fail(new Error("the chart library could not be loaded")));
    document.head.append(script);
  });
  return loading;
}

/** Colours of runs beside each other: of a strength that can be seen on light and dark pages. */
export const HUES = ["#6672e0", "#d9822b", "#1f9e74", "#c2477f", "#3a9bd1", "#8a9a2e", "#8e5bbf",
  "#b0593b"];

/** Layout shared by all charts. */
export function layout(root, extra = {}) {
  const [ink, line] = [colourOf(root, "--ink-2"), colourOf(root, "--line")];
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, tickcolor: line,
    automargin: true, tickfont: { size: 11 } };
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: HUES,
    font: { color: ink, size: 12, family: getComputedStyle(root).fontFamily },
    margin: { l: 44, r: 12, t: 8, b: 34 }, hovermode: "x unified", showlegend: false,
    legend: { orientation: "h", y: -0.25, font: { size: 11 } },
    hoverlabel: { bgcolor: colourOf(root, "--raised"), bordercolor: line,
      font: { color: colourOf(root, "--ink") } },
    ...extra, xaxis: { ...axis, ...extra.xaxis }, yaxis: { ...axis, ...extra.yaxis },
  };
}

export const CONFIG = { displaylogo: false, responsive: true, displayModeBar: false };

/** Draw, or change what is drawn; a chart that cannot be drawn says so instead of vanishing. */
export async function draw(element, traces, given) {
  try {
    const library = await plotly();
    if (!element.isConnected) return;
    await library.react(element, traces, layout(element, given), CONFIG);
  } catch (error) {
    element.replaceChildren(h("p", { class: "quiet small" }, `This chart cannot be drawn: ${error.message}`));
  }
}

/** Exponential smoothing that starts unbiased; 0 leaves the values as they are. */
export function smooth(values, weight) {
  if (!weight) return values;
  let [last, debias] = [0, 0];
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    debias = debias * weight + (1 - weight);
    return last / debias;
  });
}
