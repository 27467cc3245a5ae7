/** Point clouds and meshes, drawn with Plotly in three dimensions. */
import { h, put, colourOf } from "../../common/dom.js";
import { HUES, plotly, CONFIG } from "../charts.js";
import { readJson } from "./reading.js";

const MOST_POINTS = 100_000;

/** A scene, or null for kinds of file that no drawing is known for. */
export function scene(item, url) {
  const read = /\.pts\.json$/i.test(item.path) ? cloud : /\.obj$/i.test(item.path) ? mesh : null;
  if (!read) return null;
  const place = h("div", { class: "chart is-scene" });
  Promise.all([read(url(item.path)), plotly()]).then(([traces, library]) => {
    if (!place.isConnected) return null;
    const axis = { showbackground: false, gridcolor: colourOf(place, "--line"), color: colourOf(place, "--ink-3"),
      title: { text: "" } };
    return library.newPlot(place, traces, { margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false,
      paper_bgcolor: "rgba(0,0,0,0)", scene: { xaxis: axis, yaxis: axis, zaxis: axis, aspectmode: "data" } }, CONFIG);
  }).catch((error) => put(place, h("p", { class: "quiet small" }, `Not drawn: ${error.message}`)));
  return place;
}

/** Rows [x, y, z], [x, y, z, category] or [x, y, z, r, g, b]; a lidar scene has boxes as well. */
async function cloud(address) {
  const found = await readJson(address);
  const rows = (Array.isArray(found) ? found : found.points ?? []).slice(0, MOST_POINTS);
  const colour = (row) => (row.length >= 6 ? `rgb(${row.slice(3, 6).join(",")})`
    : HUES[row.length > 3 ? Math.abs(Math.round(row[3])) % HUES.length : 0]);
  const points = { type: "scatter3d", mode: "markers", hoverinfo: "skip", x: rows.map((row) => row[0]),
    y: rows.map((row) => row[1]), z: rows.map((row) => row[2]),
    marker: { size: rows.length > 5000 ? 1.5 : 2.5, color: rows.map(colour) } };
  return [points, ...(found.boxes ?? []).slice(0, 500).map(box)];
}

/** The hull of a box's corners: their order differs from script to script. */
function box({ corners = [], label = "", color = [] }) {
  return { type: "mesh3d", alphahull: 0, opacity: 0.25, hoverinfo: "text",
    text: String(label).replace(/[<>&]/g, " "), color: color.length ? `rgb(${color.join(",")})` : HUES[1],
    x: corners.map((c) => c[0]), y: corners.map((c) => c[1]), z: corners.map((c) => c[2]) };
}

/** Vertices and faces of a Wavefront file; faces of more corners become triangles. */
async function mesh(address) {
  const [vertices, faces] = [[], []];
  for (const line of (await (await fetch(address)).text()).split("\n")) {
    const [kind, ...words] = line.trim().split(/\s+/);
    if (kind === "v") vertices.push(words.map(Number));
    if (kind === "f") {
      const at = words.map((word) => parseInt(word, 10)).map((k) => (k < 0 ? vertices.length + k : k - 1));
      for (let k = 2; k < at.length; k += 1) faces.push([at[0], at[k - 1], at[k]]);
    }
  }
  const column = (list, k) => list.map((row) => row[k]);
  return [{ type: "mesh3d", color: HUES[0], flatshading: true, hoverinfo: "skip",
    x: column(vertices, 0), y: column(vertices, 1), z: column(vertices, 2),
    i: column(faces, 0), j: column(faces, 1), k: column(faces, 2) }];
}
