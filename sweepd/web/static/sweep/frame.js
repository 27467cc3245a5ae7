/**
 * The frame of a small chart on a canvas: size, axes with marks, pointer positions. What is drawn
 * inside is up to the chart. Scales are those of the parallel plot, so a log axis stays one.
 */
import { h, colourOf, shorten } from "../common/dom.js";

const FOLLOW_MS = 160;

export class Frame {
  /** `draw(frame)` is called when the size changes; `point(x, y)` when the pointer moves. */
  constructor(root, { label, height = 260, room = 0, draw, point = () => {}, leave = () => {} }) {
    this.root = root;
    this.room = room; // px at the right for what the chart draws there
    this.fixedHeight = height;
    this.drawInside = draw;
    this.canvas = h("canvas", { role: "img", "aria-label": label });
    this.canvas.style.display = "block";
    this.canvas.style.height = `${height}px`;
    this.canvas.style.width = "100%";
    this.context = this.canvas.getContext("2d");
    root.append(this.canvas);
    this.canvas.addEventListener("pointermove", (event) => point(event.offsetX, event.offsetY, event));
    this.canvas.addEventListener("pointerleave", leave);
    new ResizeObserver(() => this.later()).observe(root);
    this.isSeen = false;
    new IntersectionObserver((entries) => {
      this.isSeen = entries.at(-1).isIntersecting; // the newest of those that wait
      if (this.isSeen && this.isStale) this.later();
    }).observe(this.canvas);
    document.addEventListener("themechange", () => this.later());
  }

  /** Draw in the next frame; what is out of sight waits until it is seen. */
  later() {
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      this.isStale = !this.isSeen;
      if (this.isSeen) this.redraw();
    });
  }

  /** Draw when a brush has come to rest: the plot it moves in goes first. */
  follow() {
    clearTimeout(this.following);
    this.following = setTimeout(() => this.later(), FOLLOW_MS);
  }

  redraw() {
    this.isStale = false;
    const width = Math.floor(this.root.clientWidth - padding(this.root));
    if (width < 40) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(this.fixedHeight * ratio);
    this.width = width;
    this.height = this.fixedHeight;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    delete this.canvas.dataset.clipped;
    this.paint = {};
    for (const name of ["ink", "ink-2", "ink-3", "line", "accent", "surface", "pc-context", "warn"]) {
      this.paint[name] = colourOf(this.root, `--${name}`);
    }
    this.box = { left: 46, right: width - 12 - this.room, top: 10, bottom: this.height - 36 };
    this.drawInside(this);
  }

  x(unit) {
    return this.box.left + unit * (this.box.right - this.box.left);
  }

  y(unit) {
    return this.box.bottom - unit * (this.box.bottom - this.box.top);
  }

  /** Marks and names of both axes; `scaleX` and `scaleY` as parallel/scales.js makes them. */
  axes(scaleX, scaleY, nameX, nameY) {
    const { context, box, paint } = this;
    context.clearRect(0, 0, this.width, this.height);
    context.font = `11px ${getComputedStyle(this.root).fontFamily}`;
    context.lineWidth = 1;
    context.fillStyle = paint["ink-2"];
    const spread = thinned(scaleX.ticks(Math.max(2, Math.floor((box.right - box.left) / 80))),
      (box.right - box.left) / 46);
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const tick of spread) {
      const label = shorten(tick.label, Math.max(40, (box.right - box.left) / spread.length - 6));
      const half = context.measureText(label).width / 2;
      context.fillText(label, Math.max(half, Math.min(this.width - half, this.x(tick.unit))), box.bottom + 7);
    }
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const tick of thinned(scaleY.ticks(5), (box.bottom - box.top) / 14)) {
      const y = Math.round(this.y(tick.unit)) + 0.5;
      context.strokeStyle = paint.line;
      context.beginPath();
      context.moveTo(box.left, y);
      context.lineTo(box.right, y);
      context.stroke();
      context.fillText(shorten(tick.label, box.left - 10), box.left - 7, y);
    }
    context.fillStyle = paint["ink-3"];
    context.textAlign = "right";
    context.textBaseline = "bottom";
    context.fillText(shorten(nameX, box.right - box.left), box.right, this.height - 1);
    if (nameY) {
      context.textAlign = "left";
      context.fillText(shorten(nameY, 150), 0, this.height - 1);
    }
  }

  /** A mark at an edge for what lies beyond it: "▲ 3 beyond". */
  clipped(n, what, isHigh = true) {
    if (!n) return;
    const { context, box, paint } = this;
    context.font = `600 11px ${getComputedStyle(this.root).fontFamily}`;
    context.textAlign = "right";
    context.textBaseline = isHigh ? "top" : "bottom";
    context.fillStyle = paint.warn;
    context.fillText(`${isHigh ? "▲" : "▼"} ${n.toLocaleString("en")} ${what}`, box.right,
      isHigh ? box.top : box.bottom - 2);
    this.canvas.dataset.clipped = String(n);
  }

  dot(x, y, radius, fill, stroke = null) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
    if (stroke) {
      context.strokeStyle = stroke;
      context.lineWidth = 1.5;
      context.stroke();
    }
  }

  say(text) {
    const { context } = this;
    context.clearRect(0, 0, this.width, this.height);
    context.fillStyle = this.paint["ink-3"];
    context.font = `13px ${getComputedStyle(this.root).fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, this.width / 2, this.height / 2);
  }
}

function padding(element) {
  const style = getComputedStyle(element);
  return parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
}

function thinned(ticks, most) {
  const every = Math.ceil(ticks.length / Math.max(2, most));
  return every > 1 ? ticks.filter((_, k) => k % every === 0) : ticks;
}
