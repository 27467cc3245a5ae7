/** What may be done to a run: stop, rename, tag, delete. */
import { h, popover, put } from "../common/dom.js";
import { post } from "../common/feed.js";

const LIVE = ["running", "pending", "preempting"];

export function renderControls(root, run, url, base, refresh) {
  const signature = `${run.state} ${run.stop_requested} ${run.name}`;
  if (root.dataset.shown === signature) return;
  root.dataset.shown = signature;
  const act = async (body) => {
    await post(`${url}/actions`, body);
    await refresh();
  };
  const rename = asking("Rename", () => h("input", { value: run.name, "aria-label": "Name of the run",
    maxlength: 500 }), (name) => act({ action: "rename", name }), { label: "Rename the run",
    refuse: (name) => (name.trim() ? "" : "A run needs a name.") });
  put(root, LIVE.includes(run.state) && !run.stop_requested
    ? sure("Stop this run", "The run is asked to stop; its agent goes on with the next one.", "Stop it",
      () => act({ action: "stop" })) : null,
  run.stop_requested && LIVE.includes(run.state) ? h("span", { class: "quiet small" }, "asked to stop") : null,
  rename,
  sure("Delete", "The run leaves all lists. It can be brought back from the project's page.", "Delete it",
    async (keep) => {
    await post(`${url}/actions`, { action: "delete", keep_config: keep });
    window.location.href = base;
  }, run.sweep ? "Do not hand its config out again" : null));
}

/**
 * A button that asks for a text; Enter or Save gives it to `body`. What `refuse(text)` answers is
 * said instead, and so is what `body` throws.
 */
export function asking(title, make, body, { label = title, refuse = () => "" } = {}) {
  const button = h("button", { type: "button" }, title);
  const asked = popover(button, (panel) => {
    const input = make();
    const note = h("p", { class: "small is-bad", role: "alert" });
    panel.append(h("form", { class: "stack", novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      note.textContent = refuse(input.value);
      if (note.textContent) return;
      try {
        await body(input.value);
        asked.close();
      } catch (error) {
        note.textContent = error.message;
      }
    } }, input, note, h("button", { type: "submit", class: "primary" }, "Save")));
  }, { label });
  return button;
}

/** A button that asks once more before it acts, perhaps with a choice, which `action` is told. */
export function sure(label, text, confirm, action, choice = null) {
  const button = h("button", { type: "button", class: "danger" }, label);
  const box = h("input", { type: "checkbox" });
  const asked = popover(button, (panel) => put(panel, h("p", { class: "small" }, text),
    choice ? h("label", { class: "small" }, box, ` ${choice}`) : null,
    h("div", { class: "button-row" }, h("button", { type: "button", class: "primary", onclick: () => {
      asked.close();
      action(box.checked);
    } }, confirm), h("button", { type: "button", onclick: () => asked.close() }, "Leave it"))), { label });
  return button;
}

const fields = new WeakMap(); // of each place: its field stays, and with it who types there

export function renderTags(root, run, url, refresh) {
  const save = async (tags) => {
    await post(`${url}/actions`, { action: "tags", tags });
    await refresh();
  };
  let field = fields.get(root);
  if (!field) {
    const input = h("input", { placeholder: "Add a tag", "aria-label": "Add a tag", size: 10, maxlength: 64 });
    const made = { shown: h("span", { class: "tags-shown" }) };
    input.addEventListener("change", () => {
      const tag = input.value.trim();
      input.value = "";
      if (tag) made.add(tag);
    });
    put(root, made.shown, input);
    fields.set(root, made);
    field = made;
  }
  field.add = (tag) => save([...new Set([...run.tags, tag])]);
  put(field.shown, ...run.tags.map((tag) => h("span", { class: "filter" }, tag.slice(0, 64),
    h("button", { type: "button", "aria-label": `Remove tag ${tag}`,
      onclick: () => save(run.tags.filter((other) => other !== tag)) }, "×"))));
}
