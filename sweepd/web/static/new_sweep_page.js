/**
 * The sweep editor: checks the file as it is written, with the words `wandb sweep` would use. What
 * has warnings, so that it may search otherwise than meant, is created only after a second look.
 */
import { h, put } from "./common/dom.js";
import { post } from "./common/feed.js";
import { count, formatNumber } from "./common/values.js";

const page = document.querySelector('[data-page="new-sweep"]');
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const [yaml, check, create, despite] = ["yaml", "check", "create", "despite"].map(part);
const meant = despite.querySelector("input");
let timer = 0;
let asked = 0;
let known = null; // {text, nWarnings} of the last file that can run

/** Only what was checked as it stands is created, and with warnings only when that is meant. */
function allow() {
  const isChecked = known !== null && known.text === yaml.value;
  despite.hidden = !isChecked || !known.nWarnings;
  create.disabled = !isChecked || (known.nWarnings > 0 && !meant.checked);
}

function facts(answer) {
  const size = answer.n_expected === null ? "no end of its own" : count(answer.n_expected, "run");
  const rows = [["Method", answer.method], ["Size", size],
    ["Most runs", answer.run_cap === null ? "no limit" : formatNumber(answer.run_cap)],
    ...(answer.budget ? [["Handed out within", answer.budget]] : []),
    ["Metric", answer.metric ?? "none"], ["Parameters", answer.parameters.join(", ")]];
  return h("dl", { class: "pairs" }, ...rows.flatMap(([key, value]) => [h("dt", {}, key), h("dd", {}, value)]));
}

/** An error, with a button that leads to the line it names. */
function failed(message) {
  const line = Number(/ line (\d+)/.exec(message)?.[1] ?? 0);
  return h("div", { class: "notice is-bad", role: "alert" }, h("span", {}, message),
    line ? h("button", { type: "button", class: "bare", onclick: () => show(line) }, `Go to line ${line}`) : null);
}

function show(line) {
  const lines = yaml.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  yaml.focus();
  yaml.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
}

async function look() {
  asked += 1;
  const mine = asked;
  const text = yaml.value;
  try {
    const answer = await post(`${page.dataset.url}/check`, { yaml: text });
    if (mine !== asked) return;
    known = { text, nWarnings: answer.warnings.length };
    put(check, ...answer.warnings.map((warning) => h("p", { class: "notice" }, warning)), facts(answer));
  } catch (error) {
    if (mine !== asked) return;
    known = null;
    put(check, failed(error.message));
  }
  allow();
}

yaml.addEventListener("input", () => {
  meant.checked = false;
  allow();
  clearTimeout(timer);
  timer = setTimeout(look, 250);
});
meant.addEventListener("change", allow);
create.addEventListener("click", async () => {
  create.disabled = true;
  create.textContent = "Creating…";
  try {
    const answer = await post(`${page.dataset.url}/sweeps`, { yaml: yaml.value });
    window.location.href = answer.href;
  } catch (error) {
    put(check, failed(error.message));
    create.textContent = "Create the sweep";
    allow();
  }
});
await look();
page.dataset.ready = "true";
