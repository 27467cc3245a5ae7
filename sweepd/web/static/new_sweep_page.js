/** The sweep editor: checks the file as it is written, with the words `wandb sweep` would use. */
import { h, put } from "./common/dom.js";
import { post } from "./common/feed.js";

const page = document.querySelector('[data-page="new-sweep"]');
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const [yaml, check, create] = ["yaml", "check", "create"].map(part);
let timer = 0;
let asked = 0;

async function look() {
  asked += 1;
  const mine = asked;
  try {
    const answer = await post(`${page.dataset.url}/check`, { yaml: yaml.value });
    if (mine !== asked) return;
    create.disabled = false;
    const size = answer.n_expected === null ? "no end of its own"
      : `${answer.n_expected.toLocaleString("en")} runs`;
    put(check, h("dl", { class: "pairs" },
      h("dt", {}, "Method"), h("dd", {}, answer.method),
      h("dt", {}, "Size"), h("dd", {}, size),
      h("dt", {}, "Most runs"), h("dd", {}, answer.run_cap === null ? "no limit" : String(answer.run_cap)),
      h("dt", {}, "Metric"), h("dd", {}, answer.metric ?? "none"),
      h("dt", {}, "Parameters"), h("dd", {}, answer.parameters.join(", "))),
    ...answer.warnings.map((text) => h("p", { class: "notice" }, text)));
  } catch (error) {
    if (mine !== asked) return;
    create.disabled = true;
    put(check, h("p", { class: "notice is-bad" }, error.message));
  }
}

yaml.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, 250);
});
create.addEventListener("click", async () => {
  create.disabled = true;
  create.textContent = "Creating…";
  try {
    const answer = await post(`${page.dataset.url}/sweeps`, { yaml: yaml.value });
    window.location.href = answer.href;
  } catch (error) {
    put(check, h("p", { class: "notice is-bad", role: "alert" }, error.message));
    create.textContent = "Create the sweep";
    create.disabled = false;
  }
});
look();
