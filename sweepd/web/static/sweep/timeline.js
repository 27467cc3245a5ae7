/** Which agent ran what and when: a row for each agent, a bar for each run, gaps in between. */
import { Frame } from "./frame.js";
import { continuous } from "../parallel/scales.js";
import { shorten } from "../common/dom.js";

const MOST_AGENTS = 40;
const ROW = 18; // px

export class Timeline {
  constructor(root, model) {
    this.model = model;
    const agents = new Set(model.runs.map((run) => run.agent ?? "–"));
    const height = 60 + ROW * Math.min(MOST_AGENTS, Math.max(3, agents.size));
    this.frame = new Frame(root, { label: "Runs of each agent over time", height,
      draw: () => this.draw(), point: (x, y) => this.#point(x, y), leave: () => model.hover(-1) });
    for (const event of ["scales", "selection"]) {
      model.addEventListener(event, () => this.frame.follow());
    }
    model.addEventListener("hover", () => this.frame.later());
    this.frame.later();
  }

  draw() {
    const { model, frame } = this;
    this.bars = [];
    const spans = model.runs.map((run) => [Date.parse(run.started_at ?? ""),
      Date.parse(run.ended_at ?? "") || (run.state === "running" ? Date.now() : NaN)]);
    const known = spans.filter(([a, b]) => !Number.isNaN(a + b));
    if (!known.length) {
      frame.say("No run has started yet");
      return;
    }
    const across = continuous("time", known.reduce((low, [a]) => Math.min(low, a), Infinity),
      known.reduce((high, [, b]) => Math.max(high, b), -Infinity) + 1);
    const agents = [...new Set(model.runs.map((run) => run.agent ?? "–"))].sort().slice(0, MOST_AGENTS);
    const rows = { named: true, ticks: () => [] };
    frame.box.left = 110;
    frame.axes(across, rows, "time", "");
    const { context, paint, box } = frame;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = paint["ink-2"];
    agents.forEach((agent, k) => {
      context.fillText(shorten(String(agent), 100), 0, box.top + (k + 0.5) * ROW);
    });
    model.runs.forEach((run, i) => {
      const k = agents.indexOf(run.agent ?? "–");
      const [start, end] = spans[i];
      if (k < 0 || Number.isNaN(start + end) || !model.alive[i]) return;
      const [x, right] = [frame.x(across.unitOf(start)), frame.x(across.unitOf(end))];
      const bar = [x, box.top + k * ROW + 2, Math.max(1.5, right - x - 1), ROW - 4, i];
      this.bars.push(bar);
      context.globalAlpha = model.selected[i] ? 1 : 0.25;
      context.fillStyle = model.colours.palette[model.colours.bucket[i]];
      context.beginPath();
      context.roundRect(...bar.slice(0, 4), Math.min(3, bar[2] / 2));
      context.fill();
      if (i === model.hovered || i === model.pinnedIndex) {
        context.strokeStyle = paint.ink;
        context.lineWidth = 1.5;
        context.stroke();
      }
    });
    context.globalAlpha = 1;
  }

  #point(x, y) {
    const hit = (this.bars ?? []).find(([left, top, w, tall]) => (
      x >= left - 2 && x <= left + w + 2 && y >= top && y <= top + tall));
    this.model.hover(hit ? hit[4] : -1);
  }
}
