/**
 * The view that is open: its spec, what was changed and can be undone, and where it is kept. One's
 * own view is saved by itself a moment after each change; a named one when asked.
 *
 * Events: "view" the spec changed · "saved" how it stands with the server changed.
 */
import { post } from "../common/feed.js";
import { emptySpec } from "./spec.js";

const SAVE_MS = 800;
const MOST_STEPS = 100;

export class View extends EventTarget {
  /**
   * `sweep`: one's own panels on the page of that sweep. `fresh()` makes the spec of a view nobody
   * has changed. `beside` {read(), write(text)}: more of the page that is undone with the view.
   */
  constructor(url, nw, { sweep = "", fresh = emptySpec, beside = null } = {}) {
    super();
    Object.assign(this, { url, nw, sweep, fresh, beside, steps: [], at: 0, saving: "", timer: 0 });
    window.addEventListener("popstate", (event) => {
      const wanted = this.steps.findIndex((step) => step.id === event.state?.step);
      if (wanted >= 0 && wanted !== this.at) this.#go(wanted);
    });
    window.addEventListener("pagehide", () => this.#flush());
  }

  async load() {
    const [nw, sweep] = [this.nw, this.sweep].map(encodeURIComponent);
    const response = await fetch(`${this.url}/view?nw=${nw}&sweep=${sweep}`);
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}`);
    Object.assign(this,
      { views: answer.views, isOwn: answer.is_own, mayChange: answer.may_change, title: answer.view?.title ?? "" });
    const spec = answer.view?.spec?.section ? answer.view.spec : this.fresh();
    this.spec = spec;
    this.steps = [{ id: 0, text: JSON.stringify(spec), beside: this.beside?.read() }];
    this.savedText = this.#text;
    window.history.replaceState({ ...window.history.state, step: 0 }, "");
  }

  get #text() {
    return this.steps[this.at].text;
  }

  /** Change the spec by a function; what it leaves can be undone. */
  change(edit) {
    const fresh = structuredClone(this.spec);
    edit(fresh);
    const text = JSON.stringify(fresh);
    if (text === this.#text) return;
    this.spec = fresh;
    this.#push(text);
    this.#changed();
  }

  /** Something beside the spec has changed: that can be undone, too. */
  noteBeside() {
    if (this.steps.length && this.beside.read() !== this.steps[this.at].beside) this.#push(this.#text);
  }

  #push(text) {
    const id = this.steps[this.at].id + 1;
    this.steps = [...this.steps.slice(0, this.at + 1), { id, text, beside: this.beside?.read() }].slice(-MOST_STEPS);
    this.at = this.steps.length - 1;
    window.history.pushState({ step: id }, "");
    this.dispatchEvent(new Event("saved"));
  }

  /** A change too small to be undone by itself, as folding a section is. */
  note(edit) {
    edit(this.spec);
    this.steps[this.at].text = JSON.stringify(this.spec);
    this.#save();
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.steps.length - 1;
  }

  undo() {
    if (this.canUndo) this.#go(this.at - 1, true);
  }

  redo() {
    if (this.canRedo) this.#go(this.at + 1, true);
  }

  #go(at, tell = false) {
    this.at = at;
    const { id, text, beside } = this.steps[at];
    this.spec = JSON.parse(text);
    if (tell) window.history.pushState({ step: id }, "");
    if (this.beside && beside !== this.beside.read()) this.beside.write(beside);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("view"));
    this.#save();
  }

  get isDirty() {
    return this.#text !== this.savedText;
  }

  /** Whether the server has what is shown, and nothing else is on its way there. */
  get isSaved() {
    return !this.isDirty && !this.timer && this.saving === "";
  }

  #save() {
    clearTimeout(this.timer);
    if (this.isOwn) this.timer = setTimeout(() => this.save(), SAVE_MS);
    this.dispatchEvent(new Event("saved"));
  }

  #flush() {
    if (!this.isOwn || !this.isDirty) return;
    const token = document.querySelector('meta[name="csrf"]')?.content ?? "";
    const body = JSON.stringify({ action: "save", nw: "", sweep: this.sweep, spec: this.#text });
    if (body.length < 60_000) {
      fetch(`${this.url}/view`, { method: "POST", keepalive: true, body,
        headers: { "Content-Type": "application/json", "X-CSRF-Token": token } });
    }
  }

  /** Keep the view under its name; one's own when it has none. */
  async save(title = null) {
    clearTimeout(this.timer);
    this.timer = 0;
    const text = this.#text;
    this.saving = "Saving…";
    this.dispatchEvent(new Event("saved"));
    try {
      const named = title === null ? {} : { title };
      await post(`${this.url}/view`,
        { action: "save", nw: this.isOwn ? "" : this.nw, sweep: this.sweep, spec: text, ...named });
      this.savedText = text;
      this.saving = "";
      if (title !== null) this.title = title;
    } catch (error) {
      this.saving = `Not saved: ${error.message}`;
    }
    this.dispatchEvent(new Event("saved"));
  }

  /** Keep what is shown as a new named view; resolves to what stands for it in an address. */
  async saveAs(title, nw) {
    await post(`${this.url}/view`, { action: "save", nw, title, spec: this.#text });
    return nw;
  }

  async remove() {
    await post(`${this.url}/view`, { action: "delete", nw: this.isOwn ? "" : this.nw, sweep: this.sweep });
  }
}
