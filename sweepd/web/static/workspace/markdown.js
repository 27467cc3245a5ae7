/** Markdown as elements: headings, lists, quotes, code, links, images, emphasis. Never markup. */
import { h } from "../common/dom.js";

const SAFE = /^(https?:|mailto:|\/|#|\.)/i;

/** A block of elements for a text. */
export function markdown(text) {
  const block = h("div", { class: "markdown" });
  const lines = String(text).replace(/\r/g, "").split("\n");
  for (let k = 0; k < lines.length;) k = blockAt(lines, k, block);
  return block;
}

function blockAt(lines, k, into) {
  const line = lines[k];
  if (!line.trim()) return k + 1;
  const fence = /^(```+|~~~+)(.*)$/.exec(line);
  if (fence) {
    let end = k + 1;
    while (end < lines.length && !lines[end].startsWith(fence[1])) end += 1;
    into.append(h("pre", {}, h("code", {}, lines.slice(k + 1, end).join("\n"))));
    return end + 1;
  }
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  if (heading) {
    into.append(h(`h${Math.min(6, heading[1].length + 1)}`, {}, ...inline(heading[2])));
    return k + 1;
  }
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
    into.append(h("hr"));
    return k + 1;
  }
  if (/^\s*>/.test(line))
    return gathered(lines, k, /^\s*>\s?/, (inner) => into.append(h("blockquote", {}, markdown(inner.join("\n")))));
  if (/^\s*[-*+]\s+/.test(line)) return list(lines, k, /^\s*[-*+]\s+/, "ul", into);
  if (/^\s*\d+[.)]\s+/.test(line)) return list(lines, k, /^\s*\d+[.)]\s+/, "ol", into);
  if (line.includes("|") && /^\s*\|?[\s:|-]+\|[\s:|-]*$/.test(lines[k + 1] ?? "")) return table(lines, k, into);
  const words = [];
  let end = k;
  while (end < lines.length && lines[end].trim()
    && !/^(#{1,6}\s|```|~~~|\s*>|\s*[-*+]\s|\s*\d+[.)]\s)/.test(lines[end])) words.push(lines[end++]);
  into.append(h("p", {}, ...inline(words.join("\n"))));
  return Math.max(end, k + 1);
}

function gathered(lines, k, mark, done) {
  const inner = [];
  let end = k;
  while (end < lines.length && mark.test(lines[end])) inner.push(lines[end++].replace(mark, ""));
  done(inner);
  return end;
}

function list(lines, k, mark, tag, into) {
  const element = h(tag);
  let end = k;
  while (end < lines.length && mark.test(lines[end])) {
    const text = lines[end].replace(mark, "");
    const box = /^\[([ xX])\]\s+/.exec(text);
    element.append(h("li", {}, box ? h("input", { type: "checkbox", disabled: true, checked: box[1] !== " " }) : null,
      ...inline(box ? ` ${text.slice(box[0].length)}` : text)));
    end += 1;
  }
  into.append(element);
  return end;
}

function table(lines, k, into) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const body = h("tbody");
  let end = k + 2;
  while (end < lines.length && lines[end].includes("|"))
    body.append(h("tr", {}, ...cells(lines[end++]).map((cell) => h("td", {}, ...inline(cell)))));
  into.append(h("table", { class: "plain-table" },
    h("thead", {}, h("tr", {}, ...cells(lines[k]).map((cell) => h("th", { scope: "col" }, ...inline(cell))))), body));
  return end;
}

const INLINE = new RegExp([
  /(`[^`]+`)/, // code
  /(!?\[[^\]]*\]\([^)\s]+\))/, // a link or a picture
  /(\*\*[^*]+\*\*|__[^_]+__)/, // strong
  /(\*[^*\s][^*]*\*|\b_[^_]+_\b)/, // emphasised
  /(~~[^~]+~~)/, // struck out
  /(https?:\/\/[^\s<>)]+)/, // an address
  /(\n)/,
].map((part) => part.source).join("|"), "g");

/** Words of a line as nodes. */
export function inline(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) found.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    found.push(word(match));
  }
  if (at < text.length) found.push(text.slice(at));
  return found;
}

function word([whole, code, link, strong, soft, gone, address]) {
  if (code) return h("code", {}, code.slice(1, -1));
  if (strong) return h("strong", {}, ...inline(strong.slice(2, -2)));
  if (soft) return h("em", {}, ...inline(soft.slice(1, -1)));
  if (gone) return h("s", {}, gone.slice(2, -2));
  if (address) return h("a", { href: address, rel: "noreferrer" }, address);
  if (!link) return whole === "\n" ? " " : whole;
  const [, label, target] = /^!?\[([^\]]*)\]\(([^)]+)\)$/.exec(link);
  if (!SAFE.test(target)) return label;
  if (link.startsWith("!")) return picture(target, label);
  return h("a", { href: target, rel: "noreferrer" }, ...inline(label));
}

/** An image of this server; one from another machine is a link, since nothing is fetched from there. */
export function picture(target, label) {
  const isOurs = target.startsWith("data:image/")
    || new URL(target, window.location.href).origin === window.location.origin;
  return isOurs ? h("img", { src: target, alt: label, loading: "lazy" })
    : h("a", { href: target, rel: "noreferrer" }, `Image: ${label || target}`);
}
