/**
 * A sweep's warnings behind one word in its head: those of one kind are one line with a count and
 * links to the runs they name. They take no room of their own, so nothing moves when one arrives.
 */
import { h, popover } from "../common/dom.js";
import { count } from "../common/values.js";

const RUN = /\brun ([a-z0-9][\w-]{0,63})/g;

/** Warnings of one kind differ only in runs, hosts, names in quotes and numbers. */
export function kindOf(message) {
  return message.replace(RUN, "run …").replace(/'[^']*'|"[^"]*"/g, "…").replace(/\d[\d.,]*/g, "…");
}

/** One entry a kind, the newest first: {kind, message (the newest), n, runs}. */
export function folded(warnings) {
  const kinds = new Map();
  for (const { message } of warnings) {
    const kind = kindOf(message);
    const entry = kinds.get(kind) ?? { kind, n: 0, runs: new Set() };
    kinds.delete(kind);
    kinds.set(kind, entry);
    entry.n += 1;
    entry.message = message;
    for (const [, id] of message.matchAll(RUN)) entry.runs.add(id);
  }
  return [...kinds.values()].reverse();
}

/** The button and its list; `hrefOf(id)` is the page of a run, or null when there is none. */
export class Warnings {
  constructor(sweepId, hrefOf) {
    Object.assign(this, { key: `dismissed ${sweepId}`, hrefOf, shown: [] });
    this.button = h("button", { type: "button", class: "bare warn" });
    this.list = popover(this.button, (panel) => panel.append(...this.shown.map((entry) => this.#line(entry))),
      { label: "Warnings", className: "warnings" });
  }

  /** The button, or null while there is nothing that was not dismissed. */
  element(warnings) {
    const dismissed = this.#dismissed();
    this.shown = folded(warnings).filter((entry) => (dismissed[entry.kind] ?? 0) < entry.n);
    this.button.textContent = count(this.shown.length, "warning");
    return this.shown.length ? this.button : null;
  }

  #line(entry) {
    const links = [...entry.runs].map((id) => [id, this.hrefOf(id)]).filter(([, href]) => href);
    const line = h("div", { class: "notice" }, h("div", {},
      entry.n > 1 ? h("strong", {}, `${entry.n} times: `) : null,
      h("span", {}, entry.message.slice(0, 1200)),
      links.length ? h("p", { class: "small" }, "Runs: ", ...links.slice(0, 20).flatMap(([id, href], k) => [
        k ? ", " : "", h("a", { href }, id)])) : null),
    h("button", { type: "button", class: "bare", "aria-label": "Dismiss this warning", onclick: () => {
      this.#dismiss(entry);
      line.remove();
      this.shown = this.shown.filter((other) => other !== entry);
      this.button.textContent = count(this.shown.length, "warning");
      this.button.hidden = !this.shown.length;
      if (!this.shown.length) this.list.close();
    } }, "×"));
    return line;
  }

  #dismissed() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      return {}; // storage may be forbidden
    }
  }

  #dismiss(entry) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ ...this.#dismissed(), [entry.kind]: entry.n }));
    } catch {
      /* storage may be forbidden: it then comes back with the next visit */
    }
  }
}
