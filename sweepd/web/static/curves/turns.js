/** Who draws when: one frame for what moves with the pointer, many short frames for the rest. */
const SHARE_MS = 10; // of a frame; what does not fit waits for the next
const SHARE_POINTS = 15_000; // of a frame: what they cost comes after the drawing, with the frame

const due = new Map();
const queue = new Map();
let isAsked = false;

/** In the next frame, once for each owner. */
export function later(owner, draw) {
  due.set(owner, draw);
  ask();
}

/**
 * As soon as there is time, one after the other, so that no frame takes long. `draw` may return how
 * many points it drew.
 */
export function withoutHaste(owner, draw) {
  queue.set(owner, draw);
  ask();
}

function ask() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    const begin = performance.now();
    for (const [owner, draw] of due) { // also what these ask for
      due.delete(owner);
      draw();
    }
    let points = 0;
    for (const [owner, draw] of queue) {
      queue.delete(owner);
      points += draw() ?? 0;
      if (points > SHARE_POINTS || performance.now() - begin > SHARE_MS) break;
    }
    if (queue.size || due.size) ask();
  });
}
