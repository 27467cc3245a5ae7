"""Why a run was stopped early, as data and as a sentence."""

from dataclasses import dataclass
from typing import Literal

from sweepd.domain.goals import Goal

Compared = Literal["value", "best", "mean"]  # at the band itself, up to it, of all up to it


@dataclass(frozen=True)
class Stop:
    """A decision to stop a run.

    Attributes:
        rule: Which rule decided.
        bracket: Schedule within the rule, from 0; W&B's hyperband has one.
        rung: Place of the band among the rule's bands, from 0.
        band: Iteration at which runs were compared.
        iteration: Iteration at which the decision fell; not before `band`.
        value: What the run was judged by, user's sign.
        threshold: What it had to reach.
        n_runs: Runs compared at the band, this one included.
    """

    rule: str
    goal: Goal
    bracket: int
    rung: int
    band: int
    iteration: int
    value: float
    threshold: float
    n_runs: int

    @property
    def reason(self) -> str:
        """One sentence for the run page and the log."""
        side = "below" if self.goal.is_max else "above"
        return (
            f"{self.rule} (bracket {self.bracket}, rung {self.rung}): {self.value:.6g} is {side} "
            f"the threshold {self.threshold:.6g} of iteration {self.band}, "
            f"set by {self.n_runs} run{'' if self.n_runs == 1 else 's'}"
        )
