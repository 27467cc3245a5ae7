"""Ours beside peers whose asks are dear: problems and seeds that both have, after 25 results.

Intervals are over problems, for such peers have few seeds.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from bench.search.results import AT, COMPARED_AT, N_BOOT, Table


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


def against(
    table: Table, peers: list[str], workers: int, leave_out: Collection[str]
) -> dict[str, float]:
    """Ratio to the best of some peers by problem, where ours and all of them have seeds."""
    each = _ratios(table, peers, workers, leave_out)
    return {name: max(found) for name, found in each.items()}


def _ratios(
    table: Table, peers: list[str], workers: int, leave_out: Collection[str]
) -> dict[str, list[float]]:
    """By problem the ratio to each peer."""
    fair = table.common(["ours", *peers], workers)
    names = [name for name in fair.problems() if name not in leave_out]
    at = AT.index(COMPARED_AT)
    columns = [fair.ratios("ours", peer, workers, names, at)[0] for peer in peers]
    return dict(zip(names, np.transpose(columns).tolist(), strict=True))


def ahead(
    table: Table, peer: str, workers: int, leave_out: Collection[str], seeds: int = 3
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
    """Peers that were run on at least half as many problems as any."""
    numbers = {peer: len(against(table, [peer], workers, leave_out)) for peer in peers}
    return [peer for peer in peers if 2 * numbers[peer] >= max(numbers.values())]


def best_peer(
    table: Table, peers: list[str], workers: int, leave_out: Collection[str]
) -> tuple[str, Measured]:
    """The widely run peer that leaves least regret over the problems all of them have, and ours to
    its."""
    wide = widely_run(table, peers, workers, leave_out)
    each = _ratios(table, wide, workers, leave_out)
    logs = np.log(np.array(list(each.values())))
    best = int(logs.mean(axis=0).argmax())
    fair = table.common(["ours", *wide], workers)
    seeds = min(len(fair.seeds("ours", workers, name)) for name in each)
    return wide[best], Measured(len(each), seeds, *middle_of(np.exp(logs[:, best])))
