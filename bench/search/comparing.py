"""Ours beside peers whose asks are dear: problems and seeds that both have, after 25 results.

Intervals are over problems, for such peers have few seeds.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from bench.search.results import AT, COMPARED_AT, N_BOOT, Table

FEW = 3  # seeds; of fewer no interval over them is made


class Measured(NamedTuple):
    """A ratio of regrets with its 95 % interval, over some problems and at least some seeds."""

    problems: int
    seeds: int
    ratio: float
    low: float
    high: float


def middle_of(values: np.ndarray) -> tuple[float, float, float]:
    """The geometric mean of ratios with its interval by a bootstrap over problems."""
    drawn = np.random.default_rng(0).integers(0, len(values), (N_BOOT, len(values)))
    logs = np.log(values)
    low, high = np.exp(np.percentile(logs[drawn].mean(axis=1), [2.5, 97.5]))
    return float(np.exp(logs.mean())), float(low), float(high)


def measured(
    table: Table, engine: str, peer: str, workers: int, names: list[str]
) -> Measured | None:
    """One engine to another, over those of the problems that both were run on; the interval is over
    problems where one has few seeds."""
    seeds = {name: len(table.pair(engine, peer, workers, name)[0]) for name in names}
    run = [name for name in names if seeds[name]]
    if not run:
        return None
    values, draws = table.ratios(engine, peer, workers, run)
    fewest = min(seeds[name] for name in run)
    if fewest < FEW:
        return Measured(len(run), fewest, *middle_of(values))
    low, high = np.percentile(np.exp(np.log(draws).mean(axis=1)), [2.5, 97.5])
    middle = float(np.exp(np.log(values).mean()))
    return Measured(len(run), fewest, middle, float(low), float(high))


def against(
    table: Table, peers: list[str], workers: int, leave_out: Collection[str]
) -> dict[str, float]:
    """Ratio to the best of some peers by problem, where ours and all of them have seeds."""
    fair = table.common(["ours", *peers], workers)
    names = [name for name in fair.problems() if name not in leave_out]
    at = AT.index(COMPARED_AT)
    ratios = [fair.ratios("ours", peer, workers, names, at)[0] for peer in peers]
    return dict(zip(names, np.max(ratios, axis=0).tolist(), strict=True))


def ahead(
    table: Table, peer: str, workers: int, leave_out: Collection[str], seeds: int = FEW
) -> list[str] | None:
    """Problems of at least so many seeds on which a peer is ahead beyond the interval over them;
    None if no problem has them."""
    fair = table.common(["ours", peer], workers)
    names = [name for name in fair.problems() if name not in leave_out]
    names = [name for name in names if len(fair.seeds(peer, workers, name)) >= seeds]
    found = []
    for name in names:
        value, draws = fair.ratios("ours", peer, workers, [name], AT.index(COMPARED_AT))
        if np.percentile(draws, 2.5) > 1:
            found.append(f"{name} {value[0]:.1f}")
    return found if names else None


def widely_run(
    table: Table, peers: list[str], workers: int, leave_out: Collection[str]
) -> list[str]:
    """Peers that were run on at least two thirds as many problems as any."""
    numbers = {peer: len(against(table, [peer], workers, leave_out)) for peer in peers}
    return [peer for peer in peers if 3 * numbers[peer] >= 2 * max(numbers.values())]


def best_peer(
    table: Table, peers: list[str], workers: int, leave_out: Collection[str]
) -> tuple[str, Measured]:
    """The widely run peer that ours is least ahead of, and what of its regret ours leaves."""
    wide = widely_run(table, peers, workers, leave_out)
    each = {peer: against(table, [peer], workers, leave_out) for peer in wide}
    best = max(wide, key=lambda peer: float(np.mean(np.log(list(each[peer].values())))))
    seeds = min(len(table.pair("ours", best, workers, name)[0]) for name in each[best])
    ratios = np.array(list(each[best].values()))
    return best, Measured(len(ratios), seeds, *middle_of(ratios))
