/** The terminal output: line numbers, search, times on demand, follows the end while it is there. */
import { h, put } from "../common/dom.js";
import { count } from "../common/values.js";
import { coloured } from "./ansi.js";
import { plain } from "./ansi_text.js";

/** What a terminal would show of a line: what stands after the last return to its start. */
const last = (text) => text.replace(/\r?\n$/, "").split("\r").at(-1);

export class Console {
  constructor(panel, url) {
    this.url = url;
    this.lines = [];
    this.search = h("input", { type: "search", placeholder: "Find in the console",
      "aria-label": "Find in the console" });
    this.only = h("input", { type: "checkbox" });
    this.times = h("input", { type: "checkbox" });
    this.count = h("span", { class: "quiet small", role: "status" });
    this.box = h("div", { class: "console", tabindex: 0, role: "region", "aria-label": "Console" });
    const check = (input, text) => h("label", { class: "check" }, input, h("span", {}, text));
    panel.append(h("div", { class: "chart-bar" }, this.search, check(this.only, "Matches only"),
      check(this.times, "Times"), this.count,
      h("a", { class: "button", href: `${url}.txt`, download: "" }, "Download")), this.box);
    for (const control of [this.search, this.only, this.times]) {
      control.addEventListener("input", () => this.render());
    }
  }

  async update() {
    const since = this.lines.length ? this.lines.at(-1)[0] + 1 : -1;
    const response = await fetch(`${this.url}?since=${since}`);
    if (!response.ok) return;
    const answer = await response.json();
    if (!answer.lines.length && this.lines.length) return;
    this.lines.push(...answer.lines);
    this.render();
  }

  render() {
    const { box } = this;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    const wanted = this.search.value.toLowerCase();
    const matching = wanted ? this.lines.filter((line) => plain(line[3]).toLowerCase().includes(wanted)) : this.lines;
    const shown = (this.only.checked ? matching : this.lines).slice(-6000);
    this.count.textContent = wanted
      ? `${matching.length.toLocaleString("en")} ${matching.length === 1 ? "match" : "matches"}`
      : count(this.lines.length, "line");
    if (!shown.length) {
      put(box, h("div", {}, "", h("span", { class: "quiet" }, "Nothing printed yet.")));
      return;
    }
    put(box, ...shown.map(([number, at, isError, text]) => h("div", { class: isError ? "is-error" : null },
      h("span", {}, String(number + 1)),
      h("span", {}, this.times.checked && at ? `${at.slice(11, 19)}  ` : "",
        ...coloured(last(text), (part) => marked(part, wanted))))));
    if (wanted) box.querySelector("mark")?.scrollIntoView({ block: "nearest" });
    else if (atEnd) box.scrollTop = box.scrollHeight;
  }
}

/** The text with every match in a mark element. */
export function marked(text, wanted) {
  if (!wanted) return [text];
  const parts = [];
  const lower = text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), h("mark", {}, text.slice(at, at + wanted.length)));
    from = at + wanted.length;
  }
  parts.push(text.slice(from));
  return parts;
}
