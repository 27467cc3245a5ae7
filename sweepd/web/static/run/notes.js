/** Notes that are saved as they are typed, and say so. */
import { h } from "../common/dom.js";

const PAUSE_MS = 700; // without a key

/**
 * A text field and the word beside it; `save(text)` is asked once at a time, with the newest.
 * Returns {element, update(text)}: what was saved elsewhere comes in while nobody types here.
 */
export function notesField(text, save) {
  const field = h("textarea", { rows: 3, "aria-label": "Notes", value: text, placeholder: "Notes" });
  const said = h("span", { class: "small quiet", role: "status" });
  let saved = text;
  let busy = false;
  let timer = 0;
  const go = async () => {
    clearTimeout(timer);
    if (busy || field.value === saved) return;
    const wanted = field.value;
    busy = true;
    said.textContent = "Saving…";
    try {
      await save(wanted);
      saved = wanted;
      said.textContent = "Saved";
    } catch (error) {
      said.textContent = `Not saved: ${error.message}`;
      timer = setTimeout(go, 5000);
    } finally {
      busy = false;
    }
    if (field.value !== wanted) go();
  };
  field.addEventListener("input", () => {
    said.textContent = "";
    clearTimeout(timer);
    timer = setTimeout(go, PAUSE_MS);
  });
  field.addEventListener("change", go);
  window.addEventListener("pagehide", go);
  const update = (fresh) => {
    if (busy || field.value !== saved || document.activeElement === field) return;
    saved = fresh;
    field.value = fresh;
  };
  return { element: h("div", { class: "stack" }, field, said), update };
}
