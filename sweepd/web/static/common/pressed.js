/** Whether something is being dragged on the page: what can wait, waits until it is let go. */
const MOST_MS = 15_000;

let isPressed = false;
const waiting = new Set();

function released() {
  isPressed = false;
  for (const done of waiting) done();
  waiting.clear();
}

window.addEventListener("pointerdown", () => { isPressed = true; }, true);
for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, released, true);
window.addEventListener("pointermove", (event) => {
  if (isPressed && !event.buttons) released(); // let go outside of the window
}, true);

/** Resolves when no pointer is held down, or after a while all the same. */
export function whenReleased() {
  if (!isPressed) return Promise.resolve();
  return new Promise((done) => {
    waiting.add(done);
    setTimeout(done, MOST_MS);
  });
}
