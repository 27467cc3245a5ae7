/** The blocks of a report as Markdown. */

const plain = (block) => (block.children ?? []).map((child) => child.text ?? plain(child)).join("");
const escape = (text) => text.replace(/([\\`*_[\]<>#|])/g, "\\$1");
const quoted = (text) => text.split("\n").map((line) => `> ${line}`).join("\n");

function fenced(text, language = "") {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Marks stand close to the words they mark: spaces at the ends stay outside. */
function marked(text, mark) {
  const [, before, inner, after] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text);
  return inner ? `${before}${mark}${inner}${mark}${after}` : text;
}

function words(children = []) {
  return children.map((child) => {
    if (child.type === "link")
      return `[${words(child.children)}](<${(child.url ?? "").replace(/[<>\s]/g, encodeURIComponent)}>)`;
    if (child.type === "latex") return `$${child.content ?? ""}$`;
    if (child.type) return words(child.children);
    if (child.inlineCode) return `\`${child.text ?? ""}\``;
    let found = escape(child.text ?? "");
    for (const [name, mark] of [["bold", "**"], ["italic", "*"], ["strikethrough", "~~"]])
      if (child[name]) found = marked(found, mark);
    return found;
  }).join("");
}

const KINDS = {
  paragraph: (block) => words(block.children),
  heading: (block) =>
    [`${"#".repeat(Math.min(6, (block.level ?? 1) + 1))} ${words(block.children)}`,
      ...(block.collapsedChildren ?? []).map(one)].join("\n\n"),
  list: (block) => (block.children ?? []).map((item, k) => {
    const box = item.checked === undefined ? "" : item.checked ? "[x] " : "[ ] ";
    return `${block.ordered ? `${k + 1}.` : "-"} ${box}${words(item.children)}`;
  }).join("\n"),
  "block-quote": (block) => quoted(words(block.children)),
  "code-block": (block) => fenced((block.children ?? []).map(plain).join("\n"), block.language ?? ""),
  "markdown-block": (block) => block.content ?? "",
  latex: (block) => `$$\n${block.content ?? ""}\n$$`,
  image: (block) => `![${escape(plain(block))}](<${block.url ?? ""}>)`,
  "callout-block": (block) => quoted((block.children ?? []).map((line) => words(line.children)).join("\n")),
  "horizontal-rule": () => "---",
  video: (block) => `[Video](<${block.url ?? ""}>)`,
  gallery: (block) => (block.links ?? [])
    .map((item) => `- [${escape(item.title || item.url || String(item.id))}](<${item.url ?? ""}>)`).join("\n"),
  "table-of-contents": () => "",
};

function one(block) {
  const make = KINDS[block.type];
  return make ? make(block)
    : `*A block of the kind ${block.type ?? "unknown"} is kept in the report but not written here.*`;
}

/** The whole text; `drawn` is [[block, element]], `pictures(element)` the panels of a grid. */
export function markdownOf(title, description, drawn, pictures) {
  const parts = [`# ${escape(title)}`, description ?? ""];
  for (const [block, element] of drawn) {
    if (block.type !== "panel-grid") parts.push(one(block));
    else parts.push(...pictures(element)
      .map(({ name, text, image }) =>
        (image ? `![${escape(name)}](${image})` : quoted(`**${escape(name)}**\n${escape(text)}`))));
  }
  return `${parts.filter((part) => part.trim()).join("\n\n")}\n`;
}
