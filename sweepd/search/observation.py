"""What the search knows of a run: its config, its state and the numbers it reached."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

State = Literal[
    "finished",
    "stopped",
    "failed",
    "crashed",
    "killed",
    "preempted",
    "running",
    "pending",
    "preempting",
]
RUNNING = ("running", "pending", "preempting")


@dataclass(frozen=True)
class Observation:
    """One run of the sweep, or a prior run.

    Attributes:
        config: Nested config as handed out (the cell's, not what the script wrote later).
        objective: Best value of the metric over history and summary, user's sign; None if the run
            logged no finite one.
        state: "stopped" is a run ended by early termination: its objective counts.
        latest: Last finite value; read only by `impute: latest`. None means as `objective`.
        curve: (n, best of the first n finite values) at some n, ascending; of runs of a sweep with
            early termination, so that a stopped run counts as far as it came and not as its end.
        source: The earlier sweep it is of, when its run counts only as far as that sweep's results
            prove to tell something of this one's; empty for a run of this sweep.
        is_prior: Whether it was there before the sweep (`-R`): a result of this sweep's own, until
            those it makes itself contradict it.
        seconds: How long the run took by the clock; None while it runs or where nobody knows.
        objectives: One value per metric of `metrics:`, in that order; empty with a single metric.
    """

    config: Mapping[str, Any]
    objective: float | None
    state: State = "finished"
    latest: float | None = None
    objectives: Sequence[float] = ()
    curve: Sequence[tuple[int, float]] = ()
    source: str = ""
    seconds: float | None = None
    is_prior: bool = False

    @property
    def is_running(self) -> bool:
        """Whether the run may still report."""
        return self.state in RUNNING

    @property
    def value(self) -> float | None:
        """The objective if it is finite, else None."""
        if self.objective is None or not math.isfinite(self.objective):
            return None
        return float(self.objective)
