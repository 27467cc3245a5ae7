"""Why a run was stopped early, as data and as a sentence; and what rules share in deciding it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

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
        value: What the run was judged by, user's sign.
        threshold: What it had to reach.
        n_runs: Runs compared at the band, this one included.
    """

    rule: str
    goal: Goal
    bracket: int
    rung: int
    band: int
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


class Curve(Protocol):
    """A run's finite values so far, oldest first; whoever keeps them reads only what is asked."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, place: int, /) -> float:
        """A value, counted from 0."""

    def best(self) -> float:
        """The best of them all."""


@dataclass(frozen=True)
class Listed:
    """A curve that is all there."""

    goal: Goal
    values: Sequence[float]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: int, /) -> float:
        return self.values[place]

    def best(self) -> float:
        """The best of them all."""
        return self.goal.best(self.values)


def judge_on_arrival(
    name: str,
    goal: Goal,
    values: Curve,
    reached: Sequence[int],
    peers: Mapping[int, Sequence[float]],
    min_runs: int,
    limit_of: Callable[[Sequence[float]], float],
) -> Stop | None:
    """Judge a run by its best value once, as it reaches a band.

    Args:
        reached: Bands up to now, ascending.
        min_runs: Until so many (at least 2) have reached the band, everyone goes on.
        limit_of: What a run has to reach, from what those that reached the band are compared by.
    """
    if not reached or reached[-1] != len(values):
        return None
    band = reached[-1]
    compared = peers.get(band, ())
    if len(compared) < max(min_runs, 2):
        return None
    limit, value = limit_of(compared), values.best()
    if not goal.is_worse(value, limit):
        return None
    return Stop(name, goal, 0, len(reached) - 1, band, value, limit, len(compared))
