/** The blocks of a report as elements, each by the client's name for its kind. */
import { h } from "../common/dom.js";
import { markdown, picture } from "../workspace/markdown.js";

const SAFE = /^(https?:|mailto:|\/|#)/i;

/** Text, links, code and formulas of a block. */
export function words(children = []) {
  return children.flatMap((child) => {
    if (child.type === "link")
      return [SAFE.test(child.url ?? "") ? h("a", { href: child.url, rel: "noreferrer" }, ...words(child.children))
        : plain(child)];
    if (child.type === "latex") return [h("code", { class: "latex" }, child.content ?? "")];
    if (child.type === "paragraph" || child.type === "default") return words(child.children);
    if (child.inlineCode) return [h("code", {}, child.text ?? "")];
    let found = child.text ?? "";
    for (const [mark, tag] of [["bold", "strong"], ["italic", "em"], ["strikethrough", "s"]])
      if (child[mark]) found = h(tag, {}, found);
    return found === "" ? [] : [found];
  });
}

const plain = (block) => (block.children ?? []).map((child) => child.text ?? plain(child)).join("");
const code = (block) => (block.children ?? []).map((line) => plain(line)).join("\n");

const KINDS = {
  paragraph: (block) =>
    (plain(block) || block.children?.some((child) => child.type) ? h("p", {}, ...words(block.children)) : null),
  heading: (block, draw) => {
    const heading = h(`h${Math.min(4, (block.level ?? 1) + 1)}`, { id: anchor(plain(block)) },
      ...words(block.children));
    if (!block.collapsedChildren?.length) return heading;
    return h("details", {}, h("summary", {}, heading), ...block.collapsedChildren.map(draw).filter(Boolean));
  },
  list: (block) => h(block.ordered ? "ol" : "ul", {},
    ...(block.children ?? []).map((item) => h("li", { class: item.checked === undefined ? null : "is-checked" },
    item.checked === undefined ? null : h("input", { type: "checkbox", disabled: true, checked: item.checked }),
    ...words(item.children)))),
  "block-quote": (block) => h("blockquote", {}, ...words(block.children)),
  "code-block": (block) => h("pre", {}, h("code", {}, code(block))),
  "markdown-block": (block) => markdown(block.content ?? ""),
  latex: (block) => h("pre", { class: "latex" }, block.content ?? ""),
  image: (block) => h("figure", {}, picture(block.url ?? "", plain(block)),
    block.hasCaption ? h("figcaption", { class: "quiet small" }, ...words(block.children)) : null),
  "callout-block": (block) => h("aside", { class: "notice is-calm report-callout" },
    ...(block.children ?? []).map((line) => h("p", {}, ...words(line.children)))),
  "horizontal-rule": () => h("hr"),
  video: (block) => h("p", {}, link(block.url, `Video: ${block.url}`)),
  gallery: (block) => h("ul", { class: "report-gallery" }, ...(block.links ?? [])
    .map((item) => h("li", {}, item.url ? link(item.url, item.title || item.url) : `Report ${item.id}`,
    item.description ? h("p", { class: "quiet small" }, item.description) : null))),
};

function link(url = "", text = url) {
  return SAFE.test(url) ? h("a", { href: url, rel: "noreferrer" }, text) : h("span", {}, text);
}

export const anchor = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");

/** The headings of a report as links. */
function contents(blocks) {
  return h("nav", { class: "report-contents", "aria-label": "Contents" },
    h("ul", {}, ...blocks.filter((block) => block.type === "heading" && plain(block))
    .map((block) => h("li", { class: `is-level-${block.level ?? 1}` },
      h("a", { href: `#${anchor(plain(block))}` }, plain(block))))));
}

/** Draw blocks; `grid(block)` makes the element of a panel grid. What is not drawn says what it is. */
export function drawBlocks(blocks, grid) {
  const draw = (block) => {
    if (block.type === "panel-grid") return grid(block);
    if (block.type === "table-of-contents") return contents(blocks);
    const make = KINDS[block.type];
    return make ? make(block, draw) : h("p", { class: "quiet report-other" },
      `A block of the kind ${block.type ?? "unknown"} is kept in the report but not drawn here.`);
  };
  return blocks.map((block) => [block, draw(block)]).filter(([, element]) => element);
}
