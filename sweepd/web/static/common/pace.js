/**
 * When something may be asked for again: what takes long is asked for more rarely. The quicker of
 * the last two times counts, since one slow turn (a library that loads, a busy moment) says nothing of
 * the next.
 */
const LEAST_MS = 700; // between two
const REST = 5; // times as long as it took: a sixth of the time at most
const MOST_MS = 8000; // nobody looks at what is older without being told

export class Pace {
  constructor(now = () => performance.now()) {
    Object.assign(this, { now, took: [0, 0], ended: -Infinity });
  }

  /** Milliseconds until the next may begin. */
  wait() {
    const rest = Math.min(MOST_MS, Math.max(LEAST_MS, REST * Math.min(...this.took)));
    return Math.max(0, rest - (this.now() - this.ended));
  }

  /** One begins now; call what is returned when it has ended. */
  begin() {
    const start = this.now();
    return () => {
      this.ended = this.now();
      this.took = [this.took[1], this.ended - start];
    };
  }
}
