/**
 * Who draws when: one frame for what moves with the pointer, many short frames for the rest, and what
 * would only flicker under a pointer that moves waits until it rests.
 */
const SHARE_MS = 10; // of a frame; what does not fit waits for the next
const SHARE_POINTS = 15_000; // of a frame: what they cost comes after the drawing, with the frame

const REST_MS = 80;

const due = new Map();
const queue = new Map();
const resting = new Map();
let timer = null;
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

/** Without haste, once nobody has asked for so much for a while. */
export function atRest(owner, draw) {
  resting.set(owner, draw);
  clearTimeout(timer);
  timer = setTimeout(() => {
    for (const [waiting, drawing] of resting) withoutHaste(waiting, drawing);
    resting.clear();
  }, REST_MS);
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
