/** What may be done to the runs that are ticked in the table; many runs go in parts, with progress. */
import { h, put } from "../common/dom.js";
import { count } from "../common/values.js";
import { asking, sure } from "../run/head.js";
import { post } from "../common/feed.js";

const MOST_COMPARED = 20;
const PART = 100; // runs in one request

/** Returns {show(ids)}; `changed()` resolves when the table has what was changed. */
export function bulkBar(root, { model, base, actions, changed, unchoose }) {
  const say = h("span", { role: "status" });

  async function change(ids, body) {
    const keys = [];
    try {
      for (let at = 0; at < ids.length; at += PART) {
        say.textContent = ids.length > PART
          ? `${at.toLocaleString("en")} of ${count(ids.length, "run")}…` : "Working…";
        keys.push(...(await post(actions, { ...body, runs: ids.slice(at, at + PART) })).keys);
      }
      say.textContent = `${count(ids.length, "run")} changed.`;
    } catch (error) {
      say.textContent = keys.length ? `${error.message} (${keys.length} runs were changed before.)`
        : error.message;
    }
    if (keys.length) {
      unchoose();
      root.hidden = false; // what came of it stays in sight
      put(root, say);
    }
    await changed();
    return keys;
  }

  async function remove(ids) {
    const keys = await change(ids, { action: "delete" });
    if (keys.length) offerUndo(keys);
  }

  function offerUndo(keys) {
    root.hidden = false;
    put(root, h("b", {}, `${count(keys.length, "run")} deleted`), h("button", { type: "button",
      onclick: async () => {
        say.textContent = "Working…";
        try {
          await post(actions, { action: "undelete", keys });
          await changed();
          root.hidden = true;
        } catch (error) {
          say.textContent = error.message;
        }
      } }, "Undo"), say);
  }

  function show(ids) {
    root.hidden = !ids.length;
    if (!ids.length) return;
    const chosen = model.runs[model.indexOf.get(ids[0])];
    const tag = h("input", { placeholder: "Add a tag", "aria-label": "Add a tag to the chosen runs",
      size: 12, maxlength: 64 });
    tag.addEventListener("change", () => (
      tag.value.trim() && change(ids, { action: "add-tag", tag: tag.value.trim() })));
    const href = `${base}/compare?runs=${ids.slice(0, MOST_COMPARED).map(encodeURIComponent).join(",")}`;
    put(root, h("b", {}, `${count(ids.length, "run")} chosen`),
      h("a", { class: "button", href, title: ids.length > MOST_COMPARED ? `the first ${MOST_COMPARED}` : null },
        "Compare"), tag,
      ids.length === 1 ? asking("Rename", () => h("input", { value: chosen?.name ?? "",
        "aria-label": "Name of the run", maxlength: 500 }), (name) => change(ids, { action: "rename", name }),
      { refuse: (name) => (name.trim() ? "" : "A run needs a name.") })
        : null,
      asking("Note", () => h("textarea", { rows: 4, "aria-label": "Note",
        value: ids.length === 1 ? chosen?.notes ?? "" : "" }),
      (notes) => change(ids, { action: "notes", notes })),
      h("button", { type: "button", onclick: () => {
        model.change({ hidden: [...model.view.hidden, ...ids] });
        unchoose();
      } }, "Hide"),
      sure("Delete", `${count(ids.length, "run")} will leave all lists. Deleted runs can be brought back.`,
        "Delete", () => remove(ids)), say);
  }
  return { show };
}
