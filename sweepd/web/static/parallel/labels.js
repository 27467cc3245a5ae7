/**
 * Names of axes that stand close together: what all names of a group share in front is left out
 * while they stay apart, and a name may break after its joints.
 */

/** A short name for each label: without the leading parts that it shares with another one. */
export function shortNames(labels) {
  const parts = labels.map((label) => label.split(/(?<=[./])/));
  const heads = new Map(); // how many labels begin so
  for (const own of parts) {
    for (let k = 1; k < own.length; k += 1) {
      const head = own.slice(0, k).join("");
      heads.set(head, (heads.get(head) ?? 0) + 1);
    }
  }
  return labels.map((label, i) => {
    let short = label;
    for (let k = 1; k < parts[i].length; k += 1) {
      const rest = parts[i].slice(k).join("");
      const isAlone = labels.every((other, j) => j === i || !(other === rest || /[./]$/.test(other.slice(0, -rest.length))
        && other.endsWith(rest)));
      if (isAlone && heads.get(parts[i].slice(0, k).join("")) > 1) short = rest;
    }
    return short;
  });
}

/** The pieces between which a name may be broken: after dots, dashes, slashes, humps. */
export const pieces = (name) => name.split(/(?<=[._/:-])|(?<=[a-z])(?=[A-Z])/);

/** A name in at most `most` lines of `width` px, `measure(text)` wide; what is too long is cut at its end. */
export function wrapped(name, width, most, measure) {
  const lines = [];
  let line = "";
  for (const whole of pieces(name)) {
    for (const piece of fitting(whole, width, measure)) {
      if (line && measure(line + piece) > width) {
        lines.push(line);
        line = piece;
      } else line += piece;
    }
  }
  lines.push(line);
  if (lines.length <= most) return lines;
  const kept = lines.slice(0, most);
  while (kept[most - 1] && measure(`${kept[most - 1]}…`) > width) kept[most - 1] = kept[most - 1].slice(0, -1);
  kept[most - 1] += "…";
  return kept;
}

function fitting(piece, width, measure) {
  const found = [];
  let rest = piece;
  while (measure(rest) > width && rest.length > 1) {
    let n = rest.length - 1;
    while (n > 1 && measure(rest.slice(0, n)) > width) n -= 1;
    found.push(rest.slice(0, n));
    rest = rest.slice(n);
  }
  return [...found, rest];
}
