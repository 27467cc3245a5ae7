/** A line panel: several keys of many runs, or their groups, as its config says. */
import { definedX, kindOfX, nameOfX } from "../curves/keys.js";
import { numberOf, colourOfRun } from "../curves/colours.js";
import { LinePlot } from "../curves/plot.js";
import { groupLines, smoothLines } from "../curves/prepare.js";
import { isShare } from "../curves/smoothing.js";

const MOST_KEYS = 20;
const DASHES = { dashed: [6, 4], dotted: [2, 3], dotdash: [2, 3, 6, 3], dotdotdash: [2, 3, 2, 3, 6, 3] };
const AXES = { Step: "_step", _step: "_step", _timestamp: "_timestamp", _absolute_runtime: "_runtime",
  _runtime: "_runtime" };

/** What a panel is drawn with: its own settings, else those of its section, else of the view. */
export function settingsOf(spec, section, config) {
  const whole = spec.section?.settings ?? spec.settings ?? {};
  const local = section?.localPanelSettings ?? {};
  const [x, smoothing] = [local.xAxisActive ? local : whole, local.smoothingActive ? local : whole];
  const kind = config.smoothingType ?? smoothing.smoothingType ?? "none";
  const weight = config.smoothingWeight ?? smoothing.smoothingWeight ?? 0;
  return {
    x: config.xAxis ?? (x.xAxis && x.xAxis !== "_step" ? x.xAxis : null),
    rangeX: [config.xAxisMin ?? x.xAxisMin ?? null, config.xAxisMax ?? x.xAxisMax ?? null],
    rangeY: [config.yAxisMin ?? null, config.yAxisMax ?? null],
    logX: Boolean(config.xLogScale), logY: Boolean(config.yLogScale),
    ignoreOutliers: config.ignoreOutliers ?? local.ignoreOutliers ?? whole.ignoreOutliers ?? false,
    kind, weight: isShare(kind) && weight > 1 ? weight / 100 : weight,
    showRaw: config.showOriginalAfterSmoothing !== false,
  };
}

export class LinePanel {
  constructor(root, { zoomed, opened, label }) {
    this.plot = new LinePlot(root, { label, height: 200, opened, zoomed: (zoom) => {
      this.zoom = zoom;
      zoomed();
    } });
  }

  destroy() {
    this.plot.destroy();
  }

  setHeight(height) {
    this.plot.setHeight(height);
  }

  /** The keys a panel draws, of those there are. */
  static keys(config, known) {
    if (config.useMetricRegex && config.metricRegex) {
      try {
        const wanted = new RegExp(config.metricRegex);
        return known.filter((key) => wanted.test(key)).slice(0, MOST_KEYS);
      } catch {
        return [];
      }
    }
    return (config.metrics ?? []).slice(0, MOST_KEYS);
  }

  /** Draw for a context {panel, section, spec, runs, source, keys, steps}. */
  update(context) {
    const { panel, section, spec, runs, source } = context;
    const config = panel.config ?? {};
    const settings = settingsOf(spec, section, config);
    const keys = LinePanel.keys(config, context.keys);
    const own = settings.x === null ? definedX(keys[0] ?? "", context.steps) : null;
    const x = AXES[settings.x] ?? settings.x ?? own ?? "_step";
    const limit = config.limit ? Math.min(config.limit, runs.drawn.length) : runs.drawn.length;
    const drawn = runs.drawn.slice(0, limit);
    const words = { runs: drawn.map((run) => ({ id: run.id, state: stateOf(run, keys) })), keys, x,
      points: drawn.length > 40 ? 300 : 500 };
    const whole = source.read(words);
    const fine = this.zoom && x !== "_none" ? source.read({ ...words, low: this.zoom[0], high: this.zoom[1] }) : null;
    const lines = [];
    for (const run of drawn) {
      keys.forEach((key, k) => {
        const curve = fine?.get(run.id)?.[key] ?? whole.get(run.id)?.[key];
        if (curve) lines.push(this.#line(run, key, k, keys.length, curve, config, runs));
      });
    }
    this.lines = this.#shaped(lines, context, config, settings);
    const isWaiting = drawn.length > 0 && whole.size < drawn.length;
    this.x = x;
    this.plot.show(this.lines,
      { nameX: config.xAxisTitle || nameOfX(x), kindX: kindOfX(x), logX: settings.logX, logY: settings.logY,
      rangeX: settings.rangeX.some((end) => end !== null) ? settings.rangeX : null,
      rangeY: settings.rangeY.some((end) => end !== null) ? settings.rangeY : null,
      ignoreOutliers: settings.ignoreOutliers,
      empty: isWaiting ? "Reading…" : drawn.length ? "No run shown has logged this" : "No run is shown" });
  }

  #line(run, key, k, n, curve, config, runs) {
    const name = `${run.id}:${key}`;
    const colour = config.overrideColors?.[name]?.color ?? runs.colour(run);
    const label = config.overrideSeriesTitles?.[name] ?? (n > 1 ? `${run.name || run.id} ${key}` : run.name || run.id);
    const mark = config.overrideMarks?.[name];
    return { id: name, run: run.id, key, runObject: run, label, colour, ...curve,
      width: config.overrideLineWidths?.[name] ?? 1.5,
      dash: DASHES[mark] ?? (k ? [[6, 4], [2, 3], [8, 3, 2, 3]][(k - 1) % 3] : null),
      points: mark === "points" || curve.x.length < 12 };
  }

  #shaped(lines, { runs, spec }, config, settings) {
    const smooth = (given) => smoothLines(given, settings);
    const own = config.groupBy && config.aggregate !== false
      ? [{ section: config.groupBy.includes(".value") ? "config" : "run", name: config.groupBy }] : null;
    const grouping = own
      ?? (spec.section?.settings?.useRunsTableGroupingInPanels !== false && runs.isGrouped ? runs.grouping : null);
    if (!grouping) return smooth(lines);
    const ours = spec.sweepd?.groups ?? {};
    const several = new Set(lines.map((line) => line.key)).size > 1;
    return groupLines(smooth(lines).map((line) => ({ ...line, raw: null })),
      (line) => `${runs.groupOf(line.runObject, grouping)}${several ? ` ${line.key}` : ""}`,
      { middle: config.groupAgg ?? ours.middle ?? "mean", band: config.groupArea ?? ours.band ?? "minmax" })
      .map((line) => ({ ...line, run: null, colour: colourOfRun(numberOf(line.group)), width: 2 }));
  }
}

/** A text that changes when a run may have more to draw. */
function stateOf(run, keys) {
  const isSystem = keys.some((key) => key.startsWith("system."));
  return isSystem && run.state === "running"
    ? `${run.n_steps}.${Math.floor(Date.now() / 30_000)}` : String(run.n_steps);
}
