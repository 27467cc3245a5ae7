/**
 * Colours of the lines. One ordered ramp whose lightness only ever falls or only ever rises, so
 * it reads the same with any colour vision and in grey; its strong end stands out most from the
 * page, and good runs get it. Names get eight hues that differ in lightness too.
 */

/** Number of colours a continuous column is cut into; lines of one colour share a path. */
export const BUCKETS = 48;

/** Stops in OKLCH (lightness, chroma, hue in degrees) from the quiet to the strong end. */
const RAMPS = {
  light: [[0.86, 0.105, 88], [0.75, 0.15, 52], [0.62, 0.19, 18], [0.48, 0.19, 330],
    [0.34, 0.17, 285]],
  dark: [[0.42, 0.14, 285], [0.52, 0.19, 325], [0.65, 0.2, 15], [0.79, 0.15, 60],
    [0.94, 0.12, 98]],
};

/** Hues for names, quiet enough to sit beside each other; light and dark lightness differ. */
const HUES = [
  [0.50, 0.16, 262], [0.68, 0.15, 58], [0.58, 0.12, 165], [0.56, 0.19, 350],
  [0.70, 0.11, 225], [0.45, 0.11, 130], [0.76, 0.13, 92], [0.42, 0.15, 310],
];

function mix(stops, at) {
  const place = Math.min(1, Math.max(0, at)) * (stops.length - 1);
  const k = Math.min(stops.length - 2, Math.floor(place));
  const share = place - k;
  const [from, to] = [stops[k], stops[k + 1]];
  let turn = to[2] - from[2];
  if (turn > 180) turn -= 360;
  if (turn < -180) turn += 360;
  return [
    from[0] + share * (to[0] - from[0]),
    from[1] + share * (to[1] - from[1]),
    (from[2] + share * turn + 360) % 360,
  ];
}

/** OKLCH to #rrggbb, out-of-gamut channels cut: canvases and SVG files read this everywhere. */
export function hex([lightness, chroma, hue]) {
  const angle = (hue * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return `#${linear.map((channel) => {
    const c = Math.min(1, Math.max(0, channel));
    const coded = c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
    return Math.round(coded * 255).toString(16).padStart(2, "0");
  }).join("")}`;
}

/** The ramp as BUCKETS colours, from the quiet end to the strong one. */
export function ramp(theme) {
  return Array.from({ length: BUCKETS }, (_, k) => hex(mix(RAMPS[theme], k / (BUCKETS - 1))));
}

export function namedColours(theme, n) {
  const lift = theme === "dark" ? 0.16 : 0;
  return Array.from({ length: n }, (_, k) => {
    const [lightness, chroma, hue] = HUES[k % HUES.length];
    return hex([Math.min(0.88, lightness + lift), chroma, hue]);
  });
}

const STEP = 137.508; // degrees: neighbours far apart, and no hue comes back early
const OWN_HUES = 24;

/** The colour that belongs to a run, by its number on the server, wherever it is shown. */
export function ownColour(number, theme) {
  const place = ((number % OWN_HUES) + OWN_HUES) % OWN_HUES;
  const hue = Math.round((262 + place * STEP) % 360);
  const isPale = place % 2 === 1;
  return theme === "dark" ? hex([isPale ? 0.84 : 0.72, 0.14, hue]) : hex([isPale ? 0.68 : 0.54, 0.16, hue]);
}

/** Each run in the colour that `colourOf(run)` gives it; as `colouring`, without an order. */
export function colouringOwn(runs, colourOf) {
  const palette = [];
  const places = new Map();
  const bucket = Uint16Array.from(runs, (run) => {
    const colour = colourOf(run);
    if (!places.has(colour)) places.set(colour, palette.push(colour) - 1);
    return places.get(colour);
  });
  return { palette: palette.length ? palette : ["#888888"], bucket, names: null, strength: null };
}

/**
 * Colour of each run by a column.
 *
 * Returns {palette, bucket, legend}: bucket[i] indexes palette; the last entry of the palette
 * is for runs without a value. The colour depends on the value alone, never on how the axis
 * is turned. `lowIsGood` puts the strong end at the low values.
 */
export function colouring(column, scale, n, theme, lowIsGood) {
  const none = theme === "dark" ? "#6b6f78" : "#a3a29d";
  const bucket = new Uint16Array(n);
  if (scale.named) {
    const colours = namedColours(theme, Math.max(1, scale.names.length));
    for (let i = 0; i < n; i += 1) {
      const k = scale.slot(i) === 0 ? scale.place.get(column.names[i]) : undefined;
      bucket[i] = k ?? colours.length;
    }
    const names = scale.names.map((name, k) => ({ name, colour: colours[k] }));
    return { palette: [...colours, none], bucket, names, strength: null };
  }
  const palette = ramp(theme);
  const strength = new Float32Array(n);
  for (let i = 0; i < n; i += 1) {
    const unit = scale.unit(i);
    const at = lowIsGood ? 1 - unit : unit;
    strength[i] = Number.isNaN(unit) ? -1 : at;
    bucket[i] = Number.isNaN(unit) ? BUCKETS
      : Math.round(Math.min(1, Math.max(0, at)) * (BUCKETS - 1));
  }
  return { palette: [...palette, none], bucket, names: null, strength, reversed: lowIsGood };
}
