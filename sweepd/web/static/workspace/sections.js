/**
 * The sections of a view and the panels in them: those the document holds, and one by itself for
 * each key that no panel of the document draws. What is done to a panel that came by itself writes
 * it into the document.
 */
import { byName, isCounter, prefixOf, sections as ordered } from "../curves/keys.js";
import { newId } from "./ids.js";
import { LINE, localSettings, oursOf } from "./spec.js";

const OWN = "auto:";
const MEDIA = "Media";
const CHARTS = "Custom charts";
const CHART = "chart:"; // before the key of a chart, which may be that of a number, too

/**
 * [{name, index, section, isOpen, panels: [{id, panel, key}]}]; `index` is null for one by itself.
 * Where it should be brief, only the first of those that come by themselves is open.
 */
export function sectionsOf(spec, { numbers, system, media, charts = {}, metric, isBrief = false }) {
  const bank = spec.section.panelBankConfig;
  const held = bank.sections.map(
    (section, index) => ({ section, index, name: section.name, isOpen: section.isOpen !== false,
    panels: section.panels.map(
      (panel, k) => ({ id: panel.__id__ || `${index}.${k}`, panel, key: ownKey(panel), place: [index, k] })) }));
  if (spec.section.settings?.shouldAutoGeneratePanels === false
    || spec.section.workspaceSettings?.shouldAutoGeneratePanels === false) return held;
  const ours = spec.sweepd ?? {};
  const taken = new Set([...bank.sections.flatMap((section) => section.panels).flatMap(keysOf),
    ...(ours.removed ?? [])]);
  const part = bank.settings?.autoOrganizePrefix === 2 ? "last" : "first";
  const free = (keys) => keys.filter((key) => !taken.has(key));
  const found = ordered(free([...numbers, ...system]), { main: metric, part })
    .map(([name, keys]) => [name, keys.map((key) => byItself(key))]);
  const drawings = free(Object.keys(charts).map((key) => CHART + key)).sort(byName)
    .map((key) => byItself(key, "Vega2", charts[key.slice(CHART.length)]));
  if (drawings.length) found.push([CHARTS, drawings]);
  const pictures = free(Object.keys(media)).sort(byName).map((key) => byItself(key, "Media Browser"));
  if (pictures.length) found.push([MEDIA, pictures]);
  const order = [];
  for (const [name, panels] of found) {
    const home = held.find((one) => (one.section.defaultName ?? one.name) === name);
    if (home) home.panels = [...home.panels, ...panels];
    else order.push({ name, index: null, section: null, panels,
      isOpen: isBrief ? name === found[0][0] : name !== "System" });
  }
  for (const one of [...held, ...order]) {
    const wanted = ours.order?.[nameOf(one)];
    if (wanted) one.panels = arranged(one.panels, wanted);
    else if (one.panels.some((item) => item.key !== null)) one.panels = sorted(one.panels, metric);
  }
  const all = [...held, ...order];
  const names = [];
  for (const one of all) one.names = names; // in their order, of all of them
  if (ours.sections) all.sort((a, b) => place(ours.sections, a) - place(ours.sections, b));
  else all.sort((a, b) => rank(a, all) - rank(b, all));
  names.push(...all.map(nameOf));
  return [...all.filter((one) => one.section?.pinned), ...all.filter((one) => !one.section?.pinned)];
}

/** System last; what the document holds first, in its order. */
function rank(one, all) {
  if (one.name === "System") return 2000;
  return one.index === null ? 1000 + all.indexOf(one) : one.index;
}

/** A section that came since stands last, but before the machine's metrics. */
function place(names, one) {
  const at = names.indexOf(nameOf(one));
  return at < 0 ? names.length - (names.at(-1) === "System" ? 1.5 : 0) : at;
}

/** What a section is known by, whatever it was renamed to. */
export const nameOf = (one) => one.section?.defaultName ?? one.name;

function byItself(key, viewType = LINE, given = null) {
  const config = given ?? (viewType === LINE ? { metrics: [key] } : { mediaKeys: [key] });
  return { id: OWN + key, key, panel: { viewType, config }, place: null };
}

/** The key of a panel that came by itself and was changed since. */
function ownKey(panel) {
  return panel.isAuto === false && panel.viewType === LINE && panel.config?.metrics?.length === 1
    ? panel.config.metrics[0] : null;
}

function keysOf(panel) {
  if (panel.viewType === "Media Browser") return panel.config?.mediaKeys ?? [];
  return panel.viewType === LINE && panel.config?.metrics?.length === 1 ? panel.config.metrics : [];
}

function arranged(panels, ids) {
  const at = (item) => {
    const k = ids.indexOf(item.id) >= 0 ? ids.indexOf(item.id) : ids.indexOf(OWN + item.key);
    return k < 0 ? ids.length : k;
  };
  return [...panels].sort((a, b) => at(a) - at(b));
}

function sorted(panels, metric) {
  const fixed = panels.filter((item) => item.key === null);
  const keyed = panels.filter((item) => item.key !== null);
  keyed.sort((a, b) => (b.key === metric) - (a.key === metric) || isCounter(a.key) - isCounter(b.key)
    || byName(a.key, b.key));
  return [...fixed, ...keyed];
}

/** The section of the document under a name; made when there is none. */
export function hold(spec, one) {
  const { sections } = spec.section.panelBankConfig;
  if (one.index !== null) return sections[one.index];
  const known = sections.find((section) => (section.defaultName ?? section.name) === one.name);
  if (known) return known;
  if (one.names) oursOf(spec).sections ??= [...one.names]; // it stays where it is
  const made = { __id__: newId(), name: one.name, defaultName: one.name, isOpen: one.isOpen, type: "flow",
    flowConfig: { snapToColumns: true, columnsPerPage: 3, rowsPerPage: 2, gutterWidth: 16, boxWidth: 460,
      boxHeight: 300 },
    sorted: 0, localPanelSettings: localSettings(), panels: [], pinned: false };
  sections.push(made);
  return made;
}

/** Write a panel into the document; one that came by itself keeps its place by its key. */
export function putPanel(spec, one, item, panel) {
  const section = hold(spec, one);
  const known = section.panels.findIndex((held) => held.__id__ && held.__id__ === item?.id);
  if (known >= 0) section.panels[known] = panel;
  else if (item?.place) section.panels[item.place[1]] = panel;
  else {
    const __id__ = newId();
    section.panels.push({ __id__, layout: { x: 0, y: 0, w: 8, h: 6 }, ...panel, ...(item ? { isAuto: false } : {}) });
    if (item && !(panel.config?.metrics?.length === 1 && panel.config.metrics[0] === item.key))
      takePlace(spec, one, item, __id__);
  }
}

/** A panel that came by itself draws other keys now: it stays where it was, and its key comes no more. */
function takePlace(spec, one, item, id) {
  const ours = oursOf(spec);
  ours.removed = [...new Set([...(ours.removed ?? []), item.key])];
  ours.order = { ...ours.order, [nameOf(one)]: one.panels.map((held) => (held.id === item.id ? id : held.id)) };
}

/** Take a panel away; a key whose panel came by itself is kept from coming again. */
export function removePanel(spec, one, item) {
  if (item.key !== null) oursOf(spec).removed = [...new Set([...(oursOf(spec).removed ?? []), item.key])];
  if (!item.place) return;
  const section = spec.section.panelBankConfig.sections[item.place[0]];
  section.panels.splice(item.place[1], 1);
}

/** Move a panel by some places within its section, or before another panel. */
export function movePanel(spec, one, item, to) {
  const ids = one.panels.map(({ id }) => id).filter((id) => id !== item.id);
  ids.splice(Math.max(0, to), 0, item.id);
  oursOf(spec).order = { ...oursOf(spec).order, [nameOf(one)]: ids };
}

/**
 * Move a panel into another section, to a place there; one that came by itself is written into the
 * document, and stays what it was.
 */
export function movePanelTo(spec, from, to, item, at) {
  const target = hold(spec, to);
  const { sections } = spec.section.panelBankConfig;
  giveIds(spec, from, sections);
  const order = giveIds(spec, to, sections);
  const __id__ = newId();
  let panel = { __id__, layout: { x: 0, y: 0, w: 8, h: 6 }, ...item.panel, isAuto: false };
  if (item.place) {
    const home = sections[item.place[0]];
    [panel] = home.panels.splice(item.place[1], 1);
  } else if (!keysOf(panel).includes(item.key)) {
    oursOf(spec).removed = [...new Set([...(oursOf(spec).removed ?? []), item.key])];
  }
  target.panels.push(panel);
  target.isOpen = true; // what was moved is seen there
  order.splice(Math.max(0, at), 0, panel.__id__);
  oursOf(spec).order = { ...oursOf(spec).order, [nameOf(to)]: order };
}

/** Panels of the document that had no id get one, as places in a list do not last; ids in order. */
function giveIds(spec, one, sections) {
  const given = new Map();
  for (const item of one.panels) {
    const panel = item.place ? sections[item.place[0]].panels[item.place[1]] : null;
    if (panel && !panel.__id__) {
      panel.__id__ = newId();
      given.set(item.id, panel.__id__);
    }
  }
  const named = (id) => given.get(id) ?? id;
  const order = oursOf(spec).order?.[nameOf(one)];
  if (order) oursOf(spec).order = { ...oursOf(spec).order, [nameOf(one)]: order.map(named) };
  return one.panels.map((item) => named(item.id));
}

/** Move a section by some places. */
export function moveSection(spec, all, one, by) {
  const names = all.map(nameOf);
  const name = nameOf(one);
  const from = names.indexOf(name);
  names.splice(from, 1);
  names.splice(Math.max(0, from + by), 0, name);
  oursOf(spec).sections = names;
}

export { prefixOf };
