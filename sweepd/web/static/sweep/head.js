/** The head of the sweep page: state, progress, warnings, and the controls. */
import { h, popover, put } from "../common/dom.js";
import { moment } from "../common/moments.js";
import { count, formatDuration } from "../common/values.js";
import { post } from "../common/feed.js";
import { isOver, startCommands } from "./start.js";
import { Warnings } from "./warnings.js";

const CONTROLS = {
  PENDING: ["pause", "stop", "cancel"], RUNNING: ["pause", "stop", "cancel"],
  PAUSED: ["resume", "stop", "cancel"], FINISHED: ["resume"], CANCELED: ["resume"],
};
const HURTS = {
  stop: ["Stop the sweep?", "No new runs are handed out; running ones end by themselves. "
    + "You can resume it later.", "Stop the sweep"],
  cancel: ["Cancel the sweep?", "Running runs are killed now and lose what they have not saved.",
    "Kill the running runs"],
};
const LABELS = { pause: "Pause", resume: "Resume", stop: "Stop", cancel: "Cancel" };

export class Head {
  constructor(root, model, actionsUrl) {
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    Object.assign(this, { model, actionsUrl });
    const { base, days, server, note } = root.dataset;
    Object.assign(this, { days, told: { server, note } });
    this.warnings = new Warnings(model.data.sweep.id, (id) => (
      model.indexOf.has(id) ? `${base}/runs/${encodeURIComponent(id)}` : null));
    model.addEventListener("data", () => this.render());
    this.render();
  }

  /** What is known of the agents, as it comes: a sweep that waits for nobody says so. */
  setAgents(agents) {
    this.nWorking = agents.filter((agent) => agent.state === "running").length;
    this.isSilent = !this.nWorking;
    this.#facts(this.model.data.sweep);
  }

  render() {
    const { sweep } = this.model.data;
    const state = this.part("state");
    state.textContent = sweep.state.toLowerCase();
    state.className = `chip is-${sweep.state.toLowerCase()}`;
    this.part("name").textContent = (sweep.name || sweep.id).slice(0, 300);
    document.title = `${(sweep.name || sweep.id).slice(0, 80)} · sweepd`;
    this.#facts(sweep);
    this.#controls(sweep);
    this.#warnings(sweep);
  }

  #facts(sweep) {
    const counts = {};
    for (const run of this.model.runs) counts[run.state] = (counts[run.state] ?? 0) + 1;
    const done = sweep.n_done ?? this.model.runs.length;
    const of = sweep.n_expected ? ` of ${sweep.n_expected.toLocaleString("en")}` : "";
    const fact = (label, value) => (value ? h("span", {}, `${label} `, h("b", {}, value)) : null);
    const isWaiting = this.isSilent && sweep.state === "RUNNING";
    put(this.part("notices"), this.warnings.element(sweep.warnings ?? []),
      isWaiting ? h("button", { type: "button", class: "bare warn", onclick: () => this.agents?.show() },
        "No agent is alive: start one") : null);
    put(this.part("facts"),
      fact("Done", `${done.toLocaleString("en")}${of}`),
      fact("Running", counts.running ? String(counts.running) : ""),
      fact("Method", sweep.method),
      fact("Goal", sweep.metric ? `${sweep.metric.goal} ${sweep.metric.name}`.slice(0, 120) : ""),
      fact("Target", sweep.metric?.target != null ? String(sweep.metric.target) : ""),
      fact("Left", remaining(this.model, this.nWorking ?? 0)),
      fact("Budget", sweep.budget ?? ""),
      sweep.hands_out_until && sweep.state !== "FINISHED"
        ? h("span", {}, "Hands out until ", h("b", {}, moment(sweep.hands_out_until))) : null,
      fact("By", sweep.creator),
      h("span", {}, "Created ", h("b", {}, moment(sweep.created_at))),
      sweep.description ? h("span", {}, sweep.description.slice(0, 300)) : null,
      sweep.state_reason && !isLong(sweep.state_reason) ? h("span", {}, sweep.state_reason) : null);
  }

  #controls(sweep) {
    const key = `${sweep.state} ${sweep.run_cap}`;
    if (key === this.controlled || !this.actionsUrl) return;
    this.controlled = key;
    const more = h("button", { type: "button" }, "More");
    popover(more, (panel) => this.#more(panel), { label: "More actions", className: "more-menu" });
    put(this.part("controls"), this.#agentButton(sweep),
      ...(CONTROLS[sweep.state] ?? []).map((action) => this.#control(action)), more);
  }

  #agentButton(sweep) {
    const button = h("button", { type: "button", class: isOver(sweep) ? null : "primary" }, "Start an agent");
    this.agents = popover(button, (panel) => put(panel, ...startCommands(this.told, sweep)),
      { label: "Start an agent", className: "agents-menu" });
    return button;
  }

  #control(action) {
    const button = h("button", { type: "button", class: action === "cancel" ? "danger" : null },
      LABELS[action]);
    if (!HURTS[action]) {
      button.addEventListener("click", () => this.act(button, { action }));
      return button;
    }
    const [title, text, confirm] = HURTS[action];
    const asked = popover(button, (panel) => put(panel, h("h3", { class: "popover-title" }, title),
      h("p", { class: "small" }, text), h("div", { class: "button-row" },
        h("button", { type: "button", class: "primary", onclick: () => {
          asked.close();
          this.act(button, { action });
        } }, confirm),
        h("button", { type: "button", onclick: () => asked.close() }, "Leave it"))), { label: title });
    return button;
  }

  #more(panel) {
    const { sweep } = this.model.data;
    const failed = this.model.runs.filter((run) => ["failed", "crashed"].includes(run.state)).length;
    const cap = h("input", { type: "number", min: 1, value: sweep.run_cap ?? "",
      "aria-label": "Most runs in all" });
    const config = h("textarea", { rows: 6, "aria-label": "Config to queue" },
      JSON.stringify(this.model.runs[this.model.bestIndex]?.config ?? {}, null, 1));
    const note = h("p", { class: "small", role: "status" });
    const button = (label, body, enabled = true) => {
      const it = h("button", { type: "button", disabled: !enabled }, label);
      it.addEventListener("click", async () => {
        try {
          const answer = await this.act(it, body(), true);
          note.textContent = answer?.message ?? "Done";
        } catch (error) {
          note.textContent = error.message;
        }
      });
      return it;
    };
    const name = h("input", { value: sweep.name, "aria-label": "Name of the sweep", maxlength: 500 });
    const description = h("textarea",
      { rows: 2, "aria-label": "Description of the sweep", value: sweep.description ?? "" });
    const withRuns = h("input", { type: "checkbox" });
    const remove = h("button", { type: "button", class: "danger", onclick: async () => {
      try {
        const answer = await this.act(remove, { action: "delete", with_runs: withRuns.checked }, true);
        window.location.assign(answer.href);
      } catch (error) {
        note.textContent = error.message;
      }
    } }, "Delete");
    put(panel,
      h("fieldset", { class: "range" }, h("legend", {}, "Name"), name,
        button("Rename", () => ({ action: "rename", name: name.value }))),
      h("fieldset", {}, h("legend", {}, "Description"), description,
        button("Describe", () => ({ action: "describe", description: description.value }))),
      button(`Retry ${count(failed, "failed run")}`, () => ({ action: "retry",
        states: ["failed", "crashed"] }), failed > 0),
      h("fieldset", { class: "range" }, h("legend", {}, "Most runs in all"), cap,
        button("Change", () => ({ action: "cap", run_cap: cap.value === "" ? null : Number(cap.value) }))),
      h("fieldset", {}, h("legend", {}, "Queue a config of your own"), config,
        button("Queue", () => ({ action: "queue", config: JSON.parse(config.value) }))),
      h("fieldset", {}, h("legend", {}, "Delete the sweep"),
        h("p", { class: "small quiet" },
          "It leaves all lists, and its agents leave. "
          + `It can be brought back from the project's sweeps for ${this.days}.`),
        h("label", { class: "small" }, withRuns, " its runs too"), remove),
      note);
  }

  /** Ask the server; while it works the button says so. */
  async act(button, body, rethrow = false) {
    const before = button.textContent;
    button.disabled = true;
    button.textContent = "…";
    try {
      const answer = await post(this.actionsUrl, body);
      document.dispatchEvent(new CustomEvent("sweepd:refresh"));
      return answer;
    } catch (error) {
      if (rethrow) throw error;
      this.failure = error.message;
      this.#warnings(this.model.data.sweep);
      return null;
    } finally {
      button.disabled = false;
      button.textContent = before;
    }
  }

  #warnings(sweep) {
    const notices = [];
    if (sweep.state_reason && isLong(sweep.state_reason)) {
      const [first, ...rest] = sweep.state_reason.slice(0, 8000).split("\n");
      notices.unshift(h("div", { class: "notice reason", role: "status" },
        h("strong", {}, sweep.state.toLowerCase()), h("div", {}, h("span", {}, first),
          rest.length ? h("pre", { class: "small", tabindex: 0 }, rest.join("\n")) : null)));
    }
    if (this.failure) {
      notices.push(h("div", { class: "notice is-bad", role: "alert" }, h("strong", {}, "Not done"),
        h("span", {}, this.failure)));
    }
    put(this.part("warnings"), ...notices);
  }
}

/** A reason of several lines, as one with a traceback, gets a place of its own. */
const isLong = (reason) => reason.length > 140 || reason.includes("\n");

/**
 * Time left, from how long runs took and how many run at once; only for sweeps with an end. Between
 * two runs an agent has none, and works still.
 */
function remaining(model, nWorking) {
  const { sweep } = model.data;
  if (sweep.state !== "RUNNING" || !sweep.n_expected) return "";
  const left = sweep.n_expected - (sweep.n_done ?? 0);
  const lengths = model.runs.filter((run) => run.ended_at && run.started_at).slice(-50)
    .map((run) => (Date.parse(run.ended_at) - Date.parse(run.started_at)) / 1000);
  const running = model.runs.filter((run) => run.state === "running").length;
  const atOnce = Math.min(left, Math.max(running, nWorking));
  if (left <= 0 || !lengths.length || !atOnce) return "";
  const mean = lengths.reduce((sum, x) => sum + x, 0) / lengths.length;
  return `about ${formatDuration((mean * left) / atOnce)}`;
}
