/** A run's files as a tree, with a look into small texts and images, and downloads. */
import { h, put } from "../common/dom.js";
import { formatSize } from "../common/values.js";

const TEXT = /\.(txt|log|json|ya?ml|py|md|csv|toml|cfg|ini|sh|patch|diff)$/i;
const IMAGE = /\.(png|jpe?g|gif|webp)$/i;
const MOST_TEXT = 200_000;

export async function filesTab(panel, url, fileUrl) {
  const response = await fetch(`${url}/files`);
  const { files = [], error } = await response.json();
  if (error) throw new Error(error);
  const preview = h("section", { class: "card preview", hidden: true, "aria-label": "Preview" });
  const search = h("input", { type: "search", placeholder: "Find a file", "aria-label": "Find a file" });
  const list = h("section", { class: "card card-body", "aria-label": "Files" });
  const both = h("div", { class: "files" }, list, preview);
  const look = async (file, button) => {
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    both.classList.add("has-preview");
    await show(preview, file, fileUrl, () => {
      both.classList.remove("has-preview");
      button.removeAttribute("aria-current");
      button.focus();
    });
  };
  const fill = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = files.filter((file) => file.path.toLowerCase().includes(wanted));
    put(list, found.length ? branch(treeOf(found), fileUrl, look)
      : h("p", { class: "quiet" }, files.length ? "No file of that name." : "This run saved no files."));
  };
  search.addEventListener("input", fill);
  fill();
  panel.append(h("div", {}, search), both);
}

function treeOf(files) {
  const root = { folders: new Map(), files: [] };
  for (const file of files.slice(0, 5000)) {
    let at = root;
    const parts = file.path.split("/");
    for (const name of parts.slice(0, -1)) {
      if (!at.folders.has(name)) at.folders.set(name, { folders: new Map(), files: [] });
      at = at.folders.get(name);
    }
    at.files.push({ ...file, name: parts.at(-1) });
  }
  return root;
}

function branch(tree, fileUrl, open) {
  return h("ul", { class: "file-list" },
    ...[...tree.folders].map(([name, inner]) => h("li", {}, h("details", { open: inner.files.length < 30 },
      h("summary", {}, `${name}/`), branch(inner, fileUrl, open)))),
    ...tree.files.map((file) => h("li", {}, h("div", { class: "file-line" },
      TEXT.test(file.name) || IMAGE.test(file.name)
        ? h("button", { type: "button", class: "bare", onclick: (event) => open(file, event.currentTarget) }, file.name)
        : h("span", {}, file.name),
      h("span", { class: "quiet small" }, formatSize(file.size)),
      h("a", { href: fileUrl(file.path), download: file.name, "aria-label": `Download ${file.name}` }, "Download")))));
}

async function show(preview, file, fileUrl, closed) {
  preview.hidden = false;
  const head = h("header", {}, h("h2", {}, file.path), h("button", { type: "button", onclick: () => {
    preview.hidden = true;
    closed();
  } }, "Close"));
  const body = h("div", { class: "card-body" }, h("p", { class: "quiet" }, "Reading…"));
  put(preview, head, body);
  preview.scrollIntoView({ block: "nearest" });
  if (IMAGE.test(file.name)) {
    put(body, h("img", { src: fileUrl(file.path), alt: file.name }));
    return;
  }
  const response = await fetch(fileUrl(file.path), { headers: { Range: `bytes=0-${MOST_TEXT - 1}` } });
  const text = response.ok ? (await response.text()).slice(0, MOST_TEXT) : "This file cannot be read.";
  put(body, h("pre", { class: "small", tabindex: 0 }, text),
    file.size > MOST_TEXT
      ? h("p", { class: "quiet small" }, `The first ${formatSize(MOST_TEXT)} of ${formatSize(file.size)}`) : null);
  preview.scrollTop = 0;
  preview.scrollIntoView({ block: window.matchMedia("(min-width: 860px)").matches ? "nearest" : "start" });
}
