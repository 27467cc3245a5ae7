/**
 * Names of axes that stand close together: what all names of a group share in front is left out
 * while they stay apart, and a name may break after its joints.
 */

const MOST_PARTS = 12; // in front of a name that may be left out: names come from strangers
const LONGEST = 400; // characters of a line

/** A short name for each label: without the leading parts that it shares with another one. */
export function shortNames(labels) {
  const parts = labels.map((label) => label.split(/(?<=[./])/));
  const heads = new Map(); // how many labels begin so
  for (const own of parts) {
    for (let k = 1; k < Math.min(own.length, MOST_PARTS); k += 1) {
      const head = own.slice(0, k).join("");
      heads.set(head, (heads.get(head) ?? 0) + 1);
    }
  }
  return labels.map((label, i) => {
    let short = label;
    for (let k = 1; k < Math.min(parts[i].length, MOST_PARTS); k += 1) {
      const rest = parts[i].slice(k).join("");
      const isAlone = labels.every((other, j) => j === i
        || !(other === rest || /[./]$/.test(other.slice(0, -rest.length))
        && other.endsWith(rest)));
      if (isAlone && heads.get(parts[i].slice(0, k).join("")) > 1) short = rest;
    }
    return short;
  });
}

/** The pieces between which a name may be broken: after dots, dashes, slashes, humps. */
export const pieces = (name) => name.split(/(?<=[._/:-])|(?<=[a-z])(?=[A-Z])/);

/**
 * A name in at most `most` lines of `width` px, `measure(text)` wide; what is too long is cut at its end,
 * and not looked at.
 */
export function wrapped(name, width, most, measure) {
  const lines = [];
  let line = "";
  for (const piece of fitting(name, width, measure)) {
    if (line && measure(line + piece) > width) {
      lines.push(line);
      line = piece;
    } else line += piece;
    if (lines.length > most) break;
  }
  lines.push(line);
  if (lines.length <= most) return lines;
  const kept = lines.slice(0, most);
  while (kept[most - 1] && measure(`${kept[most - 1]}…`) > width) kept[most - 1] = kept[most - 1].slice(0, -1);
  kept[most - 1] += "…";
  return kept;
}

/** The pieces of a name, those too wide for a line in as much of them as fits. */
function* fitting(name, width, measure) {
  for (const piece of pieces(name)) {
    let rest = piece;
    while (rest.length > LONGEST || (rest.length > 1 && measure(rest) > width)) {
      let [fits, most] = [1, Math.min(rest.length - 1, LONGEST)];
      while (fits < most) {
        const middle = (fits + most + 1) >> 1;
        if (measure(rest.slice(0, middle)) <= width) fits = middle;
        else most = middle - 1;
      }
      yield rest.slice(0, fits);
      rest = rest.slice(fits);
    }
    yield rest;
  }
}
