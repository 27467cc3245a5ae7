/** The colours and styles that a terminal's sequences give to a line's text. */

const SEQUENCE = /\u001b\[([0-9;:?]*)[ -/]*([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g;
export const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** A line without its sequences. */
export const plain = (text) => text.replace(SEQUENCE, "");

/** The 6×6×6 cube and the greys of the 256 colours. */
function ofTable(n) {
  if (n < 16) return NAMES[n % 8];
  if (n >= 232) return `rgb(${Array(3).fill(8 + 10 * (n - 232)).join(" ")})`;
  const level = (k) => (k ? 55 + 40 * k : 0);
  const at = n - 16;
  return `rgb(${level(Math.floor(at / 36))} ${level(Math.floor(at / 6) % 6)} ${level(at % 6)})`;
}

/** The style after a sequence of codes. */
function after(style, codes) {
  const next = { ...style };
  for (let k = 0; k < codes.length; k += 1) {
    const code = codes[k];
    if (code === 0) for (const name of Object.keys(next)) delete next[name];
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code === 39) next.ink = null;
    else if (code === 49) next.ground = null;
    else if (code === 38 || code === 48) {
      const which = code === 38 ? "ink" : "ground";
      if (codes[k + 1] === 5) {
        next[which] = ofTable(codes[k + 2] ?? 0);
        k += 2;
      } else if (codes[k + 1] === 2) {
        next[which] = `rgb(${codes.slice(k + 2, k + 5).map((c) => Math.min(255, c)).join(" ")})`;
        k += 4;
      }
    } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) next.ink = NAMES[code % 10];
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) next.ground = NAMES[code % 10];
  }
  return next;
}

/** [[style, text], …] of a line. */
export function segments(text) {
  const found = [];
  let [style, from] = [{}, 0];
  const put = (part) => part && found.push([style, part]);
  for (const match of text.matchAll(SEQUENCE)) {
    put(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") style = after(style, (match[1] || "0").split(/[;:]/).map(Number));
  }
  put(text.slice(from));
  return found;
}
