/**
 * Pictures of many lines, drawn by a worker, so that the page answers meanwhile. Where there can be
 * no worker (an exported page, an old browser) `isThere` is false, and whoever draws does it itself.
 */
class Beside {
  #waiting = new Map();
  #next = 1;
  #worker = null;

  constructor() {
    this.isThere = typeof OffscreenCanvas === "function" && typeof Worker === "function";
  }

  /** The worker, begun when it is first needed. */
  #start() {
    if (this.#worker || !this.isThere) return this.#worker;
    try {
      this.#worker = new Worker(new URL("./lines_worker.js", import.meta.url), { type: "module" });
    } catch {
      this.isThere = false; // a page on disk has no address to load one from
      return null;
    }
    this.#worker.addEventListener("message", ({ data: { id, bitmap } }) => this.#answer(id, bitmap));
    this.#worker.addEventListener("error", () => this.#fail());
    this.#worker.addEventListener("messageerror", () => this.#fail());
    return this.#worker;
  }

  #answer(id, bitmap) {
    this.#waiting.get(id)?.({ bitmap });
    this.#waiting.delete(id);
  }

  #fail() {
    this.isThere = false;
    for (const done of this.#waiting.values()) done({ bitmap: null, failed: true });
    this.#waiting.clear();
  }

  /**
   * Draw a job of a layer (see strokes.js; its `list` and `rank`, too): resolves to {bitmap}, null
   * when a newer job of that layer overtook it, or to {failed: true}.
   */
  draw(layer, { width, height, ratio }, { axes, list, rank, bucket, palette, standings }) {
    const worker = this.#start();
    if (!worker) return Promise.resolve({ bitmap: null, failed: true });
    const id = this.#next;
    this.#next += 1;
    return new Promise((done) => {
      this.#waiting.set(id, done);
      worker.postMessage({ layer, id, width, height, ratio,
        job: { axes: axes.map(({ x, ys }) => ({ x, ys })), list, rank, bucket, palette, standings } });
    });
  }
}

export const beside = new Beside();
