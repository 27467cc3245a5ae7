"""Stop a run early, decided when a number arrives: hyperband as W&B's, asha, median.

Iteration n of a run is its n-th finite logged value of the metric, from 1. A *band* is an
iteration at which runs are compared. The service keeps, per band, each run's `band_value`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping import asha, hyperband, median
from sweepd.search.stopping.stop import Compared, Curve, Listed, Stop

__all__ = ["RULES", "Curve", "Replayed", "Stop", "band_value", "bands", "decide", "replay"]


class Rule(Protocol):
    """What each rule's module offers; values have the user's sign.

    Attributes:
        KEYS: What a sweep file may say of it, `type` first.
        DEFAULTS: What holds where the file is silent and `EarlyTerminate` has no better.
        COMPARED: Which number the store gives for `band_value`.
    """

    KEYS: tuple[str, ...]
    DEFAULTS: Mapping[str, int]
    COMPARED: Compared

    def bands(self, rule: EarlyTerminate, n_values: int) -> tuple[int, ...]:
        """Bands up to iteration `n_values`, ascending."""

    def band_value(
        self, rule: EarlyTerminate, goal: Goal, values: Sequence[float], band: int
    ) -> float:
        """What a run with at least `band` values is compared by at that band."""

    def decide(
        self,
        rule: EarlyTerminate,
        goal: Goal,
        values: Curve,
        peers: Mapping[int, Sequence[float]],
    ) -> Stop | None:
        """Whether the run stops now."""


RULES: dict[str, Rule] = {"hyperband": hyperband, "asha": asha, "median": median}


def bands(rule: EarlyTerminate, n_values: int) -> tuple[int, ...]:
    """Iterations at which the rule compares runs, ascending, none beyond `n_values`."""
    return RULES[rule.type].bands(rule, n_values)


def band_value(rule: EarlyTerminate, goal: Goal, values: Sequence[float], band: int) -> float:
    """What a run is compared by at `band`; `values` holds at least that many, all finite."""
    return RULES[rule.type].band_value(rule, goal, values, band)


def decide(
    rule: EarlyTerminate,
    goal: Goal,
    values: Sequence[float] | Curve,
    peers: Mapping[int, Sequence[float]],
) -> Stop | None:
    """Whether a running run stops, now that its last value has arrived.

    Args:
        values: The run's finite metric values so far, oldest first, user's sign.
        peers: Band → `band_value` of every run of the sweep that reached it, in any state, this
            run included. Only the last band up to `len(values)` is read, if any.
    """
    curve = Listed(goal, values) if isinstance(values, Sequence) else values
    return RULES[rule.type].decide(rule, goal, curve, peers)


@dataclass(frozen=True)
class Replayed:
    """A stop a rule would have made: after `n_values` of the `n_total` values the run logged."""

    run: str
    n_values: int
    n_total: int
    stop: Stop


def replay(
    rule: EarlyTerminate, goal: Goal, arrivals: Iterable[tuple[str, float]]
) -> list[Replayed]:
    """What the rule would have stopped (`sweepd stops SWEEP --dry-run`).

    Args:
        arrivals: (run, finite value) in the order they arrived; a stopped run's further values
            are counted but no longer seen by the rule.
    """
    curves: dict[str, list[float]] = {}
    totals: dict[str, int] = {}
    peers: dict[int, list[float]] = {}
    stops: dict[str, tuple[int, Stop]] = {}
    for run, value in arrivals:
        totals[run] = totals.get(run, 0) + 1
        if run in stops:
            continue
        curve = curves.setdefault(run, [])
        curve.append(value)
        if len(curve) in bands(rule, len(curve)):
            at = peers.setdefault(len(curve), [])
            at.append(band_value(rule, goal, curve, len(curve)))
        stop = decide(rule, goal, curve, peers)
        if stop is not None:
            stops[run] = len(curve), stop
    return [Replayed(run, n, totals[run], stop) for run, (n, stop) in stops.items()]
