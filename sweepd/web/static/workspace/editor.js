/** The dialog in which a panel is made or changed; resolves to the panel, or null. */
import { h, put } from "../common/dom.js";
import { KINDS as SMOOTHING, isShare } from "../curves/smoothing.js";
import { ADDABLE, refusalsOf } from "./needs.js";
import { LINE } from "./spec.js";

export function editPanel(panel, context) {
  return new Promise((done) => {
    const keys = context.keys();
    let config = structuredClone(panel?.config ?? {});
    let viewType = panel?.viewType ?? LINE;
    const fields = h("div", { class: "stack ws-fields" });
    const kind = h("select", { "aria-label": "Kind of panel", disabled: panel !== null },
      ...ADDABLE.map(([id, name]) => h("option", { value: id }, name)),
      ADDABLE.some(([id]) => id === viewType) ? null : h("option", { value: viewType }, viewType));
    kind.value = viewType;
    const known = { ...keys, media: Object.keys(keys.media) };
    const refused = () => sayAt(fields, refusalsOf({ viewType, config: filled(config) }, known));
    let isAsked = false; // what is missing is said from then on
    for (const event of ["input", "change"]) fields.addEventListener(event, () => isAsked && refused());
    const fill = () => {
      isAsked = false;
      put(fields, ...(FORMS[viewType] ?? untouched)(config, keys));
    };
    kind.addEventListener("change", () => {
      viewType = kind.value;
      config = { chartTitle: config.chartTitle };
      fill();
    });
    const title = h("input",
      { value: config.chartTitle ?? "", "aria-label": "Title", placeholder: "as its keys are named", maxlength: 200 });
    const end = (answer) => {
      dialog.close();
      dialog.remove();
      done(answer);
    };
    const dialog = h("dialog", { class: "ws-dialog", "aria-label": panel ? "Edit the panel" : "Add a panel" },
      h("form", { onsubmit: (event) => {
      event.preventDefault();
      isAsked = true;
      const [first] = refused();
      if (first) {
        first.focus();
        return;
      }
      end({ ...panel, viewType, config: filled({ ...config, chartTitle: title.value.trim() }) });
    } }, h("h2", {}, panel ? "Edit the panel" : "Add a panel"), row("Kind", kind), row("Title", title), fields,
    h("div", { class: "button-row ws-dialog-end" }, h("button", { type: "button", onclick: () => end(null) }, "Cancel"),
      h("button", { class: "primary" }, panel ? "Apply" : "Add"))));
    dialog.addEventListener("cancel", () => end(null));
    fill();
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A config without what was left empty. */
const filled = (config) => Object.fromEntries(
  Object.entries(config).filter(([, value]) => value !== null && value !== undefined && value !== ""));

/** Say at its field what each refusal is; returns the controls that mend them. */
function sayAt(fields, refusals) {
  for (const note of fields.querySelectorAll(".ws-refusal")) note.remove();
  for (const control of fields.querySelectorAll("[aria-describedby]")) {
    control.removeAttribute("aria-describedby");
    control.removeAttribute("aria-invalid");
  }
  return refusals.flatMap(({ field, message }) => {
    const place = fields.querySelector(`[data-field="${field}"]`);
    if (!place) return [];
    const control = place.querySelector("input") ?? place; // of several keys: the search among them
    const id = `refusal-${field}`;
    (place.closest(".ws-field") ?? place).after(h("p", { id, class: "small is-bad ws-refusal" }, message));
    control.setAttribute("aria-describedby", id);
    if (control === place) control.setAttribute("aria-invalid", "true");
    return [control];
  });
}

const row = (label, ...controls) => h("label", { class: "ws-field" }, h("span", {}, label), ...controls);

function text(config, name, label, placeholder = "") {
  const input = h("input", { value: config[name] ?? "", placeholder, "aria-label": label, "data-field": name });
  input.addEventListener("input", () => { config[name] = input.value; });
  return row(label, input);
}

function number(config, name, label, more = {}) {
  const input = h("input", { type: "number", step: "any", value: config[name] ?? "", "aria-label": label,
    "data-field": name, ...more });
  input.addEventListener("input", () => { config[name] = input.value === "" ? null : Number(input.value); });
  return input;
}

function check(config, name, label, isOn = Boolean(config[name])) {
  const input = h("input", { type: "checkbox", checked: isOn });
  input.addEventListener("change", () => { config[name] = input.checked; });
  return h("label", { class: "check" }, input, h("span", {}, label));
}

function choice(config, name, label, values, first = "") {
  const select = h("select", { "aria-label": label, "data-field": name },
    ...values.map(([id, shown]) => h("option", { value: id }, shown.slice(0, 80))));
  select.value = values.some(([id]) => id === (config[name] ?? first)) ? config[name] ?? first : first;
  select.addEventListener("change", () => { config[name] = select.value; });
  return row(label, select);
}

/** Several keys, each found by its name. */
function several(config, name, label, all) {
  const list = h("div", { class: "checks ws-keys" });
  const search = h("input", { type: "search", placeholder: "Find a key", "aria-label": "Find a key" });
  const fill = () => {
    const chosen = config[name] ?? [];
    const wanted = search.value.toLowerCase();
    const shown = [...new Set([...chosen, ...all])].filter((key) => key.toLowerCase().includes(wanted)).slice(0, 200);
    put(list, ...shown.map((key) => {
      const input = h("input", { type: "checkbox", checked: chosen.includes(key) });
      input.addEventListener("change", () => {
        const now = config[name] ?? [];
        config[name] = input.checked ? [...now, key] : now.filter((item) => item !== key);
      });
      return h("label", { class: "check" }, input, h("span", {}, key.slice(0, 120)));
    }));
  };
  search.addEventListener("input", fill);
  fill();
  return h("fieldset", { class: "ws-several", "data-field": name }, h("legend", {}, label), search, list);
}

const values = (keys) => [...keys.config.map((key) => [`config:${key}.value`, `${key} (config)`]),
  ...keys.summary.map((key) => [`summary:${key}`, key])];
const untouched = () => [h("p", { class: "quiet" }, "Only the title of this kind of panel can be changed here.")];

const FORMS = {
  [LINE]: (config, keys) => [
    several(config, "metrics", "Keys", [...keys.numbers, ...keys.system]),
    h("div", { class: "ws-pair" }, text(config, "metricRegex", "or all keys that match", "regular expression"),
      check(config, "useMetricRegex", "Use it")),
    choice(config, "xAxis", "X axis", [["", "as the workspace has it"], ["_step", "step"],
      ["_absolute_runtime", "relative time"], ["_timestamp", "time"],
      ...keys.numbers.map((key) => [key, key])]),
    row("X from, to", h("span", { class: "range" }, number(config, "xAxisMin", "X from"),
      number(config, "xAxisMax", "X to"))),
    row("Y from, to", h("span", { class: "range" }, number(config, "yAxisMin", "Y from"),
      number(config, "yAxisMax", "Y to"))),
    h("div", { class: "ws-checks" }, check(config, "xLogScale", "Log x"), check(config, "yLogScale", "Log y"),
      check(config, "ignoreOutliers", "Leave outliers out")),
    ...smoothing(config),
    choice(config, "groupBy", "Group by",
      [["", "as the workspace has it"], ...keys.config.map((key) => [`${key}.value`, key])]),
    h("div", { class: "ws-pair" },
      choice(config, "groupAgg", "Line", [["", "mean"], ["median", "median"], ["min", "least"], ["max", "greatest"]]),
      choice(config, "groupArea", "Band",
        [["", "least to greatest"], ["stddev", "standard deviation"], ["stderr", "standard error"], ["none", "none"]])),
    row("At most runs", number(config, "limit", "At most runs", { min: 1, step: 1 }))],
  "Bar Chart": (config, keys) => [several(config, "metrics", "Keys", keys.summary),
    choice(config, "groupBy", "Group by",
      [["", "as the workspace has it"], ...keys.config.map((key) => [`${key}.value`, key])]),
    choice(config, "groupAgg", "Bar", [["", "mean"], ["median", "median"], ["min", "least"], ["max", "greatest"]])],
  "Scalar Chart": (config, keys) =>
    [one(config, keys), choice(config, "groupAgg", "Of all shown runs",
      [["", "mean"], ["min", "least"], ["max", "greatest"], ["median", "median"], ["sum", "sum"]])],
  Histogram: (config, keys) => [one(config, keys)],
  "Scatter Plot": (config, keys) => [choice(config, "xAxis", "X", [["", "…"], ...values(keys)]),
    choice(config, "yAxis", "Y", [["", "…"], ...values(keys)]),
    h("div", { class: "ws-checks" }, check(config, "xAxisLogScale", "Log x"), check(config, "yAxisLogScale", "Log y"),
      check(config, "showMinYAxisLine", "Least so far"), check(config, "showMaxYAxisLine", "Greatest so far"))],
  "Parallel Coordinates Plot": (config, keys) => {
    const held = { columns: (config.columns ?? []).map((column) => column.accessor) };
    const known = new Map((config.columns ?? []).map((column) => [column.accessor, column]));
    const field = several(held, "columns", "Axes; none: what differs", values(keys).map(([id]) => id));
    field.addEventListener("change",
      () => { config.columns = held.columns.map((id) => known.get(id) ?? { accessor: id }); });
    return [field];
  },
  "Parameter Importance": (config, keys) =>
    [choice(config, "targetKey", "With respect to", [["", "the metric"], ...keys.summary.map((key) => [key, key])])],
  "Run Comparer": (config) => {
    const box = check(config, "diffOnly", "Only where they differ", Boolean(config.diffOnly));
    box.addEventListener("change", () => { config.diffOnly = config.diffOnly ? "split" : null; });
    return [box];
  },
  "Media Browser": (config, keys) => [several(config, "mediaKeys", "Keys", Object.keys(keys.media))],
  "Markdown Panel": (config) => {
    const area = h("textarea", { rows: 12, "aria-label": "Markdown", "data-field": "value" });
    area.value = config.value ?? "";
    area.addEventListener("input", () => { config.value = area.value; });
    return [area];
  },
};

function one(config, keys) {
  const held = { metrics: config.metrics?.[0] ?? "" };
  const field = choice(held, "metrics", "Key", [["", "…"], ...keys.summary.map((key) => [key, key])]);
  field.addEventListener("change", () => { config.metrics = held.metrics ? [held.metrics] : []; });
  return field;
}

function smoothing(config) {
  const weight = h("input", { type: "range", min: 0, "aria-label": "Smoothing" });
  const fit = () => {
    const isPart = !config.smoothingType || isShare(config.smoothingType);
    Object.assign(weight, { max: isPart ? 0.99 : 100, step: isPart ? 0.01 : 1 });
    weight.value = config.smoothingWeight ?? 0;
  };
  fit();
  weight.addEventListener("input", () => {
    config.smoothingType ||= "exponentialTimeWeighted";
    config.smoothingWeight = Number(weight.value);
  });
  const kind = choice(config, "smoothingType", "Smoothing", [["", "as the workspace has it"], ...SMOOTHING]);
  kind.addEventListener("change", fit);
  return [kind, row("How much", weight), check(config, "showOriginalAfterSmoothing", "Raw values faint behind",
    config.showOriginalAfterSmoothing !== false)];
}
