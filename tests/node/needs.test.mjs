/** What a panel of each kind needs: said by the dialog at the field, and in place of an empty drawing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const { ADDABLE, filterLack, lacksOf, nameOfKind, refusalsOf, titleOfPanel } = await load("workspace/needs.js");
const { LINE } = await load("workspace/spec.js");

const KNOWN = { numbers: ["loss"], system: [], summary: ["loss"], media: ["picture"], metric: null };
/* Of each kind: the fields that an empty one is refused for, and a config that is enough, with its title. */
const CASES = {
  [LINE]: [["metrics"], { metrics: ["loss"] }, "loss"],
  "Bar Chart": [["metrics"], { metrics: ["loss", "acc"] }, "loss, acc"],
  "Scatter Plot": [["xAxis", "yAxis"], { xAxis: "config:lr.value", yAxis: "summary:loss" }, "loss over lr"],
  Histogram: [["metrics"], { metrics: ["loss"] }, "loss"],
  "Scalar Chart": [["metrics"], { metrics: ["loss"] }, "loss"],
  "Parallel Coordinates Plot": [[], {}, "Parallel coordinates"],
  "Parameter Importance": [["targetKey"], { targetKey: "loss" }, "What matters for loss"],
  "Run Comparer": [[], {}, "Run comparer"],
  "Media Browser": [["mediaKeys"], { mediaKeys: ["picture"] }, "picture"],
  "Markdown Panel": [["value"], { value: "text" }, "Text"],
};
const fieldsOf = (lacks) => lacks.map(({ field }) => field);

test("an empty panel of each kind that can be added says what it lacks", () => {
  assert.deepEqual(ADDABLE.map(([id]) => id).sort(), Object.keys(CASES).sort(), "a kind without a case");
  for (const [viewType, [fields, enough, title]] of Object.entries(CASES)) {
    assert.deepEqual(fieldsOf(refusalsOf({ viewType, config: {} }, KNOWN)), fields, viewType);
    assert.deepEqual(fieldsOf(lacksOf({ viewType })), fields, `${viewType}, as a document has it`);
    for (const { message } of lacksOf({ viewType })) assert.match(message, /^[A-Z].*\.$/);
    const panel = { viewType, config: enough };
    assert.deepEqual(refusalsOf(panel, KNOWN), [], viewType);
    assert.equal(titleOfPanel(panel), title);
    for (const field of fields) {
      const { [field]: _, ...rest } = enough;
      for (const empty of [{}, { [field]: [] }, { [field]: "" }, { [field]: null }]) {
        const lacking = { viewType, config: { ...rest, ...empty } };
        assert.ok(fieldsOf(lacksOf(lacking, KNOWN)).includes(field), `${viewType} ${JSON.stringify(empty)}`);
        const name = viewType === "Parameter Importance" ? "What matters for the metric" : nameOfKind(viewType);
        assert.equal(titleOfPanel(lacking), name, "no half of a title");
      }
    }
  }
});

test("what is not there to choose is said so", () => {
  const none = { numbers: [], system: [], summary: [], media: [] };
  const said = (viewType) => lacksOf({ viewType, config: {} }, none).map(({ message }) => message);
  for (const viewType of [LINE, "Bar Chart", "Histogram", "Scalar Chart"])
    assert.deepEqual(said(viewType), ["No run has logged a number yet."]);
  assert.deepEqual(said("Media Browser"), ["No run has logged media yet."]);
  assert.deepEqual(lacksOf({ viewType: "Parameter Importance", config: {} }, { metric: "loss" }), []);
});

test("a line plot has keys, or an expression that can be one", () => {
  const said = (config) => fieldsOf(refusalsOf({ viewType: LINE, config }, KNOWN));
  assert.deepEqual(said({ metricRegex: "val" }), ["metrics"], "written, and not used");
  assert.deepEqual(said({ metricRegex: "val", useMetricRegex: true }), []);
  assert.deepEqual(said({ metricRegex: "(", useMetricRegex: true }), ["metricRegex"]);
  assert.deepEqual(said({ metricRegex: " ", useMetricRegex: true }), ["metricRegex"]);
  assert.deepEqual(said({ metrics: ["loss"], useMetricRegex: true }), [], "as the client writes it");
  assert.deepEqual(said({ expressions: ["${loss} * 2"] }), [], "of another server: kept as it is");
});

test("what nobody means is refused, and drawn where a document says so", () => {
  const cases = [[LINE, { metrics: ["a"], xAxisMin: 2, xAxisMax: 1 }, "xAxisMax"],
    [LINE, { metrics: ["a"], yAxisMin: 1, yAxisMax: 1 }, "yAxisMax"],
    [LINE, { metrics: ["a"], yLogScale: true, yAxisMax: 0 }, "yAxisMax"],
    ["Parallel Coordinates Plot", { columns: [{ accessor: "config:a.value" }] }, "columns"]];
  for (const [viewType, config, field] of cases) {
    assert.deepEqual(fieldsOf(refusalsOf({ viewType, config }, KNOWN)), [field]);
    assert.deepEqual(lacksOf({ viewType, config }), []);
  }
  assert.deepEqual(refusalsOf({ viewType: LINE, config: { metrics: ["a"], xAxisMin: null, xAxisMax: 0 } }), []);
});

test("kinds of other servers need nothing that we know of, a chart its name", () => {
  assert.deepEqual(lacksOf({ viewType: "Weave", config: null }), []);
  assert.deepEqual(lacksOf({}), []);
  assert.deepEqual(fieldsOf(lacksOf({ viewType: "Vega2", config: {} })), ["panelDefId"]);
  assert.deepEqual(lacksOf({ viewType: "Vega2", config: { panelDefId: "wandb/line/v0" } }), []);
});

test("a filter has what its comparison needs", () => {
  for (const text of ["", " "]) assert.notEqual(filterLack(">=", text), "", text);
  for (const text of ["1", "-2.5e3", "2026-11-30"]) assert.equal(filterLack("<=", text), "");
  for (const text of ["", " , ,"]) assert.notEqual(filterLack("IN", text), "");
  assert.equal(filterLack("NIN", "a,"), "");
  for (const operator of ["=", "!="]) assert.equal(filterLack(operator, ""), "", "a run that has none");
});
