/** A report: its blocks, to read and to print; its text is changed in place, as Markdown. */
import "./common/site.js";
import { h, popover, put } from "./common/dom.js";
import { post } from "./common/feed.js";
import { drawBlocks } from "./report/blocks.js";
import { saveHtml, saveMarkdown } from "./report/files.js";
import { panelGrid, settled } from "./report/grid.js";

const page = document.querySelector('[data-page="report"]');
const { url } = page.dataset;
const part = (name) => page.querySelector(`[data-part="${name}"]`);
let spec = null;
let title = "";
let isEdited = false;
let drawn = [];
const added = new WeakSet(); // blocks of text: where nothing is written, none is kept
let kept = Promise.resolve(); // until it is, the next save waits

function draw() {
  drawn = drawBlocks(spec.blocks ?? [], (block) => panelGrid(block, page.dataset));
  put(part("blocks"), ...drawn.map(([block, element]) => (isEdited ? editable(block, element) : element)),
    drawn.length || isEdited ? null
      : h("p", { class: "quiet" }, "This report is empty. Edit it, or write it with wandb_workspaces."),
    isEdited ? h("button", { type: "button", onclick: () => add() }, "Add text") : null);
  page.dataset.width = spec.width ?? "readable";
  put(part("tools"), h("button", { type: "button", onclick: edit }, isEdited ? "Done" : "Edit"),
    isEdited ? null : exporting(), isEdited ? null : h("button", { type: "button", onclick: print }, "Print"));
}

/** The report as one file. */
function exporting() {
  const button = h("button", { type: "button" }, "Export");
  const menu = popover(button, (panel) => {
    const act = (label, write) => h("button", { type: "button", onclick: async () => {
      menu.close();
      await settled();
      await write();
    } }, label);
    panel.append(h("div", { class: "menu-actions one" },
      act("HTML, one file",
        () => saveHtml(title, page.querySelector(".report-head"), part("blocks"), page.dataset.width)),
      act("Markdown", () => saveMarkdown(title, page.querySelector(".report-lead")?.textContent, drawn))));
  }, { label: "Export" });
  return button;
}

async function print() {
  await settled();
  window.print();
}

/** On paper everything is light, and what was never in sight is drawn. */
function forPaper(isPaper) {
  const root = document.documentElement;
  if (isPaper && !forPaper.is) forPaper.theme = root.dataset.theme;
  forPaper.is = isPaper;
  if (isPaper) root.dataset.theme = "light";
  else if (forPaper.theme) root.dataset.theme = forPaper.theme;
  else delete root.dataset.theme;
  for (const element of part("blocks").querySelectorAll(".plot")) element.plot?.drawNow();
}
window.addEventListener("beforeprint", () => forPaper(true));
window.addEventListener("afterprint", () => forPaper(false));

/** A block with what can be done to it; text of the kind Markdown is a field. */
function editable(block, element) {
  const at = () => spec.blocks.indexOf(block);
  const move = (by) => () => {
    const from = at();
    spec.blocks.splice(from, 1);
    spec.blocks.splice(Math.max(0, from + by), 0, block);
    keep();
    draw();
  };
  const act = (label, text, run) =>
    h("button", { type: "button", class: "bare", "aria-label": label, title: label, onclick: run }, text);
  const tools = h("div", { class: "report-block-tools" },
    act("Move up", "↑", move(-1)), act("Move down", "↓", move(1)), act("Remove", "×", () => {
    spec.blocks.splice(at(), 1);
    keep();
    draw();
  }));
  if (block.type !== "markdown-block") return h("div", { class: "report-block" }, tools, element);
  const field = h("textarea",
    { rows: Math.max(4, (block.content ?? "").split("\n").length + 1), "aria-label": "Markdown" });
  field.value = block.content ?? "";
  field.addEventListener("change", () => {
    block.content = field.value;
    keep();
  });
  return h("div", { class: "report-block" }, tools, field);
}

function add() {
  const block = { type: "markdown-block", children: [{ text: "" }], content: "" };
  added.add(block);
  spec.blocks.push(block);
  draw();
  [...part("blocks").querySelectorAll("textarea")].at(-1)?.focus();
}

async function edit() {
  isEdited = !isEdited;
  part("title").contentEditable = isEdited ? "plaintext-only" : "false";
  if (!isEdited) {
    document.activeElement?.blur();
    spec.blocks = spec.blocks.filter((block) => !added.has(block) || block.content.trim());
    await keep();
  }
  draw();
}

/** Save what is there now, after what is being saved: the last stays. */
function keep() {
  title = part("title").textContent.trim() || title;
  const body = { action: "save", title, spec: JSON.stringify(spec) };
  kept = kept.catch(() => {}).then(() => post(url, body));
  return kept;
}

async function start() {
  const response = await fetch(url);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}`);
  ({ spec, title } = answer);
  spec.blocks ??= [];
  draw();
  page.dataset.ready = "true";
}

start().catch((error) => {
  put(part("blocks"),
    h("p", { class: "notice is-bad", role: "alert" }, `The report cannot be shown now: ${error.message}`));
});
