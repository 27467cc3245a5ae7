/** Deleted runs of a project, to be brought back one by one or all together. */
import { h, popover, put } from "../common/dom.js";
import { count, formatTime } from "../common/values.js";
import { post } from "../common/feed.js";

export function deletedButton(url, changed) {
  const button = h("button", { type: "button" }, "Deleted runs");
  popover(button, (panel) => fill(panel, url, changed), { label: "Deleted runs" });
  return button;
}

async function fill(panel, url, changed) {
  put(panel, h("p", { class: "quiet small" }, "Reading…"));
  const say = h("p", { class: "small", role: "status" });
  const back = async (keys) => {
    say.textContent = "Working…";
    try {
      await post(`${url}/actions`, { action: "undelete", keys });
      await changed();
      await fill(panel, url, changed);
    } catch (error) {
      say.textContent = error.message;
    }
  };
  try {
    const { runs, error } = await (await fetch(`${url}/deleted`)).json();
    if (error) throw new Error(error);
    if (!runs.length) {
      put(panel, h("p", { class: "quiet small" }, "No run of this project is deleted."));
      return;
    }
    put(panel, h("ul", { class: "deleted-list" }, ...runs.map((run) => h("li", {},
      h("span", {}, run.name || run.id), h("span", { class: "quiet small" },
        formatTime(Date.parse(run.at), 90_000_000)),
      h("button", { type: "button", "aria-label": `Bring back ${run.name || run.id}`,
        onclick: () => back([run.key]) }, "Bring back")))),
    h("button", { type: "button", onclick: () => back(runs.map((run) => run.key)) },
      `Bring back ${count(runs.length, "run")}`), say);
  } catch (error) {
    put(panel, h("p", { class: "notice is-bad", role: "alert" }, `Not read: ${error.message}`));
  }
}
