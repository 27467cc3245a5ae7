/** The cards beside the plot: best run, what matters, agents, the sweep file and its edits. */
import { h, put } from "../common/dom.js";
import { moment } from "../common/moments.js";
import { count, formatDuration, formatNumber, formatValue } from "../common/values.js";
import { duration, METRIC } from "../parallel/columns.js";
import { codeLine } from "./start.js";

/** The best run: number, config, what it made, and how to make it again. */
export function renderBest(root, aside, model, details, base) {
  const run = model.runs[model.bestIndex];
  if (!run) {
    aside.textContent = "";
    if (!model.runs.length) {
      put(root, h("p", { class: "quiet" }, "No run yet. An agent on any machine that reaches this server starts them:"),
        codeLine(model.data.sweep.agent_command));
      return;
    }
    put(root, h("p", { class: "quiet" }, model.data.sweep.metric
      ? `No run has logged ${model.data.sweep.metric.name.slice(0, 120)} yet.`
      : "This sweep names no metric, so no run is best. Add `metric:` to the sweep file."));
    return;
  }
  const { metric } = model.data.sweep;
  const best = metric?.goal === "minimize" ? run.metric?.min : run.metric?.max;
  const swept = [...model.columns.values()].filter((column) => column.source === "parameter");
  const parameters = swept.length ? swept : [...model.columns.values()].filter((c) => c.source === "config");
  const artifact = details?.best?.run_id === run.id ? details.best.artifact : null;
  aside.textContent = formatDuration(duration(run) ?? NaN);
  put(root,
    h("div", { class: "best-number" }, h("b", {}, formatValue(best)),
      h("span", {}, metric?.name.slice(0, 120) ?? "")),
    Number.isFinite(run.metric?.last) && run.metric.last !== best ? h("p", { class: "small quiet" },
      `the best it had; its last is ${formatValue(run.metric.last)}`) : null,
    model.data.sweep.metrics?.length ? h("p", { class: "small quiet" },
      `by ${metric.name.slice(0, 120)} alone: see the Pareto front`) : null,
    h("p", {}, h("a", { href: `${base}/runs/${encodeURIComponent(run.id)}` }, (run.name || run.id).slice(0, 200))),
    h("dl", { class: "pairs" }, ...parameters.slice(0, 12).flatMap((column) => [
      h("dt", {}, column.label.slice(0, 120)), h("dd", {}, formatValue(column.read(run)).slice(0, 200))])),
    artifact ? h("p", { class: "small" }, "Model ", h("a", { href: artifact.href }, artifact.name),
      artifact.size ? ` (${artifact.size})` : "") : null,
    codeLine(model.data.sweep.agent_command.replace(/^wandb agent/, "sweepd best")),
    details?.best?.run_id === run.id && details.best.command
      ? h("details", { class: "small" }, h("summary", {}, "Run it again"), codeLine(details.best.command)) : null);
}

/** Each config's mean over its repetitions, best first; the card is there only with `repeats`. */
export function renderRepeats(root, configs, base) {
  root.closest("section").hidden = !configs.length;
  if (!configs.length) return;
  const names = [...new Set(configs.flatMap((item) => Object.keys(item.config)))].slice(0, 8);
  put(root, h("div", { class: "scroll-x" }, h("table", { class: "repeats-table" },
    h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name.slice(0, 60))),
      h("th", { scope: "col", class: "number" }, "Mean"), h("th", { scope: "col", class: "number" }, "Interval"),
      h("th", { scope: "col" }, "Runs"))),
    h("tbody", {}, ...configs.slice(0, 20).map((item) => h("tr", {},
      ...names.map((name) => h("td", {}, formatValue(item.config[name]).slice(0, 80))),
      h("td", { class: "number" }, item.mean === null ? "–" : formatNumber(item.mean)),
      h("td", { class: "number" }, item.half_width === null ? "–" : `± ${formatNumber(item.half_width)}`),
      h("td", {}, ...item.run_ids.flatMap((id, place) => [place ? " " : "",
        h("a", { href: `${base}/runs/${encodeURIComponent(id)}` }, String(place + 1))])))))),
  configs.length > 20 ? h("p", { class: "small quiet" }, `and ${configs.length - 20} more`) : null));
}

/** Importance and correlation side by side, each with its uncertainty as a whisker. */
export function renderImportance(root, aside, insights) {
  if (!insights) {
    put(root, h("p", { class: "quiet" }, "Working it out…"));
    return;
  }
  const parameters = insights.parameters ?? [];
  aside.textContent = insights.n_runs ? `from ${count(insights.n_runs, "run")}` : "";
  if (!parameters.length || insights.enough === false) {
    put(root, h("p", { class: "quiet" }, insights.message
      || "Too few finished runs to say what matters. About ten times as many runs as parameters "
      + "make this worth reading."));
    return;
  }
  const rows = [...parameters].sort((a, b) => b.importance - a.importance).slice(0, 14);
  put(root, insights.message ? h("p", { class: "small quiet" }, insights.message) : null,
    h("table", { class: "importance-table" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Parameter"),
        h("th", { scope: "col" }, "Importance"), h("th", { scope: "col" }, "Correlation"))),
      h("tbody", {}, ...rows.map((row) => h("tr", {},
        h("th", { scope: "row", title: row.name.slice(0, 300) }, row.name.slice(0, 120)),
        h("td", {}, bar(row.importance, row.importance_low, row.importance_high, false)),
        h("td", {}, bar(row.correlation, row.correlation_low, row.correlation_high, true)))))));
}

function bar(value, low, high, signed) {
  if (!Number.isFinite(value)) return h("span", { class: "quiet" }, "–");
  const at = (x) => (signed ? 50 + 50 * Math.max(-1, Math.min(1, x)) : 100 * Math.max(0, Math.min(1, x)));
  const zero = signed ? 50 : 0;
  const [from, to] = [Math.min(zero, at(value)), Math.max(zero, at(value))];
  const isSure = !signed || !Number.isFinite(low) || low > 0 || high < 0;
  const sign = signed && value < 0 ? " is-negative" : "";
  const range = Number.isFinite(low) ? `, between ${formatNumber(low, 2)} and ${formatNumber(high, 2)}` : "";
  const box = h("div", { class: `bar${signed ? " is-signed" : ""}${sign}${isSure ? "" : " is-unsure"}`,
    title: `${value.toFixed(2)}${range}` },
  h("i", { style: { left: `${from}%`, width: `${to - from}%` } }),
  Number.isFinite(low) ? h("u", { style: { left: `${at(low)}%`, width: `${at(high) - at(low)}%` } }) : null);
  return h("div", { class: "bar-cell" }, box, h("span", {}, value.toFixed(2).replace("-", "−")));
}

export function renderAgents(root, model, details) {
  const agents = details?.agents ?? [];
  if (!agents.length) {
    put(root, h("p", { class: "quiet" }, "No agent yet. Start one on any machine that reaches this server:"),
      codeLine(model.data.sweep.agent_command));
    return;
  }
  const now = Date.now();
  put(root, h("div", { class: "scroll-x", tabindex: 0, role: "region", "aria-label": "Agents" },
    h("table", { class: "plain-table" },
      h("thead", {}, h("tr", {}, ...["Agent", "Machine", "Runs", "Last seen", "Working on"]
        .map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...agents.slice(-60).reverse().map((agent) => {
        const seen = (now - Date.parse(agent.heartbeat_at ?? agent.created_at)) / 1000;
        const state = agent.state === "lost" ? "failed" : agent.state;
        return h("tr", {},
          h("td", {}, h("span", { class: `state is-${state}` }, agent.name.slice(0, 60))),
          h("td", {}, agent.host.slice(0, 80)), h("td", { class: "is-number" }, String(agent.n_runs)),
          h("td", {}, ...[agent.exited_at ? ["left ", moment(agent.exited_at)]
            : agent.state === "lost" ? `silent for ${formatDuration(seen)}` : "now"].flat()),
          h("td", {}, agent.alive_runs.slice(0, 3).join(", ")));
      })))));
}

/** The file as it stands, then what was done to the sweep, newest first. */
export function renderFile(root, model, details) {
  const { yaml } = model.data.sweep;
  const log = (details?.log ?? []).slice(-40).reverse();
  put(root,
    h("div", { class: "code-block" }, h("button", { type: "button", "data-copy": yaml }, "Copy"),
      h("pre", { tabindex: 0 }, yaml)),
    log.length ? h("details", {}, h("summary", {}, `History: ${log.length} entries`),
      h("ol", { class: "log small" }, ...log.map((entry) => h("li", {},
        h("span", { class: "quiet" }, moment(entry.at), ` ${entry.actor} `),
        h("b", {}, entry.kind), h("pre", {}, entry.message.slice(0, 4000)))))) : null);
}

/** Columns that make sense across a slice: parameters that were really varied. */
export function sliceColumns(model) {
  return model.axes.filter((id) => id !== METRIC && id.startsWith("config."));
}
