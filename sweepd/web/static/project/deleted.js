/** What was deleted, to be brought back one by one or all together. */
import { h, popover, put } from "../common/dom.js";
import { moment } from "../common/moments.js";
import { count } from "../common/values.js";
import { post } from "../common/feed.js";

/**
 * A button that lists deleted things of a `kind`, as "run".
 * @param read address of the list; `write` takes {action, keys}; `changed()` follows.
 */
export function deletedButton(kind, { read, write, action = "undelete", changed }) {
  const title = `Deleted ${kind}s`;
  const button = h("button", { type: "button" }, title);
  popover(button, (panel) => fill(panel, { kind, read, write, action, changed }), { label: title });
  return button;
}

/** A name that may go on in the next line after what parts its words. */
const breakable = (name) => name.split(/(?<=[_/.=-])/).flatMap((part) => [part, h("wbr")]);

async function fill(panel, of) {
  put(panel, h("p", { class: "quiet small" }, "Reading…"));
  const say = h("p", { class: "small", role: "status" });
  const back = async (keys) => {
    say.textContent = "Working…";
    try {
      await post(of.write, { action: of.action, keys });
      await of.changed();
      await fill(panel, of);
    } catch (error) {
      say.textContent = error.message;
    }
  };
  try {
    const { items, days, error } = await (await fetch(of.read)).json();
    if (error) throw new Error(error);
    if (!items.length) {
      put(panel, h("p", { class: "quiet small" },
        `No ${of.kind} is deleted. Deleted ${of.kind}s are kept for ${days}.`));
      return;
    }
    put(panel, h("p", { class: "quiet small" }, `Kept for ${days}, then gone for good.`),
      h("ul", { class: "deleted-list" }, ...items.map((item) => h("li", {},
        h("div", {}, h("span", {}, ...breakable(item.name)),
          h("span", { class: "quiet small" }, item.note ? `${item.note} · ` : "", moment(item.at))),
        h("button", { type: "button", "aria-label": `Bring back ${item.name}`,
          onclick: () => back([item.key]) }, "Bring back")))),
      items.length > 1 ? h("button", { type: "button", onclick: () => back(items.map((item) => item.key)) },
        `Bring back ${count(items.length, of.kind)}`) : null, say);
  } catch (error) {
    put(panel, h("p", { class: "notice is-bad", role: "alert" }, `Not read: ${error.message}`));
  }
}
