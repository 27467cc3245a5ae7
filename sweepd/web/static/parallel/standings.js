/** How a run's line is drawn and counted: one word for a group of outcomes. */
export const STANDINGS = ["finished", "running", "pending", "stopped", "failed"];
const STOPPED = ["killed", "preempted", "stopped", "stopped early", "canceled"];
const DASHES = {
  finished: [], running: [7, 4], pending: [2, 5], stopped: [10, 3, 2, 3], failed: [2, 3],
};

export function standing(run) {
  const { state } = run;
  if (state === "failed" || state === "crashed") return "failed";
  if (STOPPED.includes(run.outcome ?? state)) return "stopped";
  if (state === "running" || state === "preempting") return "running";
  return state === "pending" ? "pending" : "finished";
}

/** The dashes of a line, by the place of its run's standing in STANDINGS. */
export const dashOf = (place) => DASHES[STANDINGS[place]];
