/** Terminal colours as spans: what a program printed in red is red, in a shade that can be read. */
import { h } from "../common/dom.js";
import { NAMES, segments } from "./ansi_text.js";

/** A line's elements; `inside(text)` makes the content of each, as with matches marked. */
export function coloured(text, inside) {
  return segments(text).flatMap(([style, part]) => {
    const { ink, ground, ...rest } = style;
    const classes = [...Object.keys(rest).filter((name) => rest[name]).map((name) => `ansi-${name}`),
      ...(NAMES.includes(ink) ? [`ansi-${ink}`] : []), ...(NAMES.includes(ground) ? [`ansi-on-${ground}`] : [])];
    const own = { color: ink?.startsWith("rgb") ? ink : null, background: ground?.startsWith("rgb") ? ground : null };
    if (own.color || own.background) classes.push("ansi-own");
    if (!classes.length) return inside(part);
    return [h("span", { class: classes.join(" "), style: Object.fromEntries(Object.entries(own).filter(([, v]) => v)
      .map(([name, value]) => [name === "color" ? "--ansi" : "background", value])) }, ...inside(part))];
  });
}
