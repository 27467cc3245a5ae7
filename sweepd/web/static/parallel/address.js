/**
 * The whole view in the part of the address after '#', so that a link shows the same view.
 *
 * Readable on purpose: `axes=config.dropout,metric&brush.config.dropout=0.2~0.4&colour=metric`.
 * Names are percent-encoded, with the separators used here encoded too.
 */

const atom = (text) => encodeURIComponent(text)
  .replace(/[~!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const list = (items) => items.map(atom).join(",");
const parseList = (text) => (text ? text.split(",").map(decodeURIComponent) : []);

/** A view as nothing has been changed yet; `axes` null means "chosen by itself". */
export function emptyView() {
  return {
    axes: null, inverted: [], kinds: {}, brushes: {}, filters: [], colour: null,
    aggregate: "last", without: [], pinned: null, sort: null, search: "", columns: null,
    group: null, hidden: [], look: null, contour: null,
  };
}

function brushToText(brush) {
  const parts = (brush.ranges ?? []).map(([a, b]) => `${a ?? ""}~${b ?? ""}`);
  for (const name of brush.names ?? []) parts.push(`!${atom(name)}`);
  for (const slot of brush.slots ?? []) parts.push(`*${slot}`);
  for (const text of brush.contains ?? []) parts.push(`$${atom(text)}`);
  for (const text of brush.matches ?? []) parts.push(`^${atom(text)}`);
  return parts.join(",");
}

function brushFromText(text) {
  const brush = { ranges: [], names: [], slots: [] };
  for (const part of text.split(",")) {
    if (part.startsWith("!")) brush.names.push(decodeURIComponent(part.slice(1)));
    else if (part.startsWith("*")) brush.slots.push(part.slice(1));
    else if (part.startsWith("$")) (brush.contains ??= []).push(decodeURIComponent(part.slice(1)));
    else if (part.startsWith("^")) (brush.matches ??= []).push(decodeURIComponent(part.slice(1)));
    else if (part.includes("~")) {
      const [a, b] = part.split("~").map((end) => (end === "" ? null : Number(end)));
      if (!Number.isNaN(a) && !Number.isNaN(b)) brush.ranges.push([a, b]);
    }
  }
  if (brush.names.length) delete brush.ranges;
  else delete brush.names;
  return brush;
}

function brushesToPairs(prefix, brushes) {
  return Object.entries(brushes).map(([id, brush]) => `${prefix}.${atom(id)}=${brushToText(brush)}`);
}

/** The view as text, without '#'; what is as by default is left out. */
export function viewToText(view) {
  const pairs = [];
  if (view.axes) pairs.push(`axes=${list(view.axes)}`);
  if (view.inverted.length) pairs.push(`inverted=${list(view.inverted)}`);
  for (const [id, kind] of Object.entries(view.kinds)) pairs.push(`scale.${atom(id)}=${kind}`);
  view.filters.forEach((filter, k) => {
    const word = `${filter.any ? "any" : ""}${filter.drop ? "drop" : "keep"}`;
    pairs.push(...brushesToPairs(`${word}${k}`, filter.brushes));
  });
  pairs.push(...brushesToPairs("brush", view.brushes));
  if (view.colour) pairs.push(`colour=${atom(view.colour)}`);
  if (view.aggregate !== "last") pairs.push(`metric=${view.aggregate}`);
  if (view.without.length) pairs.push(`without=${list(view.without)}`);
  if (view.pinned) pairs.push(`run=${atom(view.pinned)}`);
  if (view.sort) pairs.push(`sort=${atom(view.sort.id)},${view.sort.down ? "down" : "up"}`);
  if (view.search) pairs.push(`find=${atom(view.search)}`);
  if (view.group) pairs.push(`group=${atom(view.group)}`);
  if (view.hidden.length) pairs.push(`hidden=${list(view.hidden)}`);
  if (view.look) pairs.push(`look=${atom(view.look)}`);
  if (view.contour) pairs.push(`contour=${list(view.contour)}`);
  if (view.columns) pairs.push(`columns=${list(view.columns)}`);
  return pairs.join("&");
}

/** Read a view back; what is malformed or unknown is left out rather than refused. */
export function viewFromText(text) {
  const view = emptyView();
  for (const pair of text.replace(/^#/, "").split("&")) {
    const at = pair.indexOf("=");
    if (at < 0) continue;
    try {
      readPair(view, pair.slice(0, at), pair.slice(at + 1));
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
    }
  }
  view.filters = view.filters.filter(Boolean);
  return view;
}

function readPair(view, key, value) {
  const dot = key.indexOf(".");
  const [head, id] = dot < 0 ? [key, ""] : [key.slice(0, dot), decodeURIComponent(key.slice(dot + 1))];
  const filter = /^(any)?(keep|drop)(\d{1,2})$/.exec(head);
  if (filter) {
    const k = Number(filter[3]);
    view.filters[k] ??= { drop: filter[2] === "drop", any: Boolean(filter[1]), brushes: {} };
    view.filters[k].brushes[id] = brushFromText(value);
  } else if (head === "brush") view.brushes[id] = brushFromText(value);
  else if (head === "scale") view.kinds[id] = value;
  else if (head === "axes") view.axes = parseList(value);
  else if (head === "inverted") view.inverted = parseList(value);
  else if (head === "colour") view.colour = decodeURIComponent(value);
  else if (head === "metric" && ["last", "min", "max", "best"].includes(value)) view.aggregate = value;
  else if (head === "without") view.without = parseList(value);
  else if (head === "run") view.pinned = decodeURIComponent(value);
  else if (head === "find") view.search = decodeURIComponent(value);
  else if (head === "look") view.look = decodeURIComponent(value);
  else if (head === "contour") view.contour = parseList(value);
  else if (head === "group") view.group = decodeURIComponent(value);
  else if (head === "hidden") view.hidden = parseList(value);
  else if (head === "columns") view.columns = parseList(value);
  else if (head === "sort") {
    const [column, direction] = value.split(",");
    view.sort = { id: decodeURIComponent(column), down: direction === "down" };
  }
}

/** Keep the address in step with the model; browsers allow few changes a second. */
export function bindAddress(model, location = window.location, history = window.history) {
  let timer = 0;
  const write = () => {
    timer = 0;
    const text = viewToText(model.view);
    const wanted = text ? `#${text}` : "";
    if (wanted !== location.hash) {
      history.replaceState(history.state, "", location.pathname + location.search + wanted);
    }
  };
  model.addEventListener("view", () => {
    if (!timer) timer = window.setTimeout(write, 400);
  });
  window.addEventListener("hashchange", () => model.setView(viewFromText(location.hash)));
  window.addEventListener("pagehide", () => timer && write());
}
