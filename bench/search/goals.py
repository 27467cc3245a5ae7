"""The figures to reach beside what was measured: a table of the report (`report.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bench.search.comparing import FEW, Measured, measured
from bench.search.results import Table

MANY = 40  # problems that a figure over all of them is to stand on


class Goal(NamedTuple):
    """At most `most` of a peer's regret, on a group of problems."""

    workers: int
    peer: str
    group: str
    most: float
    needs: int = 1  # problems


GOALS = (
    Goal(4, "wandb", "real models", 0.45),
    Goal(4, "tpe", "real models", 0.6),
    Goal(4, "wandb", "real models, first seventeen", 0.45),
    Goal(4, "tpe", "real models, first seventeen", 0.6),
    Goal(4, "wandb", "real models, first five", 0.45),
    Goal(4, "tpe", "real models, first five", 0.6),
    Goal(4, "wandb", "real models, twelve named ahead", 0.45),
    Goal(4, "tpe", "real models, twelve named ahead", 0.6),
    Goal(4, "wandb", "real models, eight named ahead", 0.45),
    Goal(4, "tpe", "real models, eight named ahead", 0.6),
    Goal(4, "wandb", "all", 0.45, MANY),
    Goal(4, "tpe", "all", 0.6, MANY),
    Goal(1, "wandb", "all", 0.6, MANY),
    Goal(16, "wandb", "all", 0.75, MANY),
)
BEST = Goal(4, "best peer", "all", 0.9, MANY)


def verdict(found: Measured | None, goal: Goal) -> str:
    """Whether a goal is met, and what leaves that open."""
    if found is None or found.problems < goal.needs:
        return "**open**"
    if found.ratio > goal.most:
        return "**missed**"
    if found.high > goal.most:
        return "met, its interval reaches beyond"
    return "met" if found.seeds >= FEW else "met, by fewer than three seeds"


def behind(table: Table, workers: int, peer: str, by_shape: Mapping[str, list[str]]) -> list[str]:
    """Shapes on which ours leaves more regret than a peer beyond the interval."""
    found = {
        shape: measured(table, "ours", peer, workers, names) for shape, names in by_shape.items()
    }
    return [shape for shape, its in found.items() if its is not None and its.low > 1]


def said(found: Measured | None) -> list[str]:
    """The cells of a ratio."""
    if found is None:
        return ["0", "0", "not run"]
    ratio = f"{found.ratio:.2f} [{found.low:.2f}, {found.high:.2f}]"
    return [str(found.problems), str(found.seeds), ratio]


def rows(
    table: Table,
    groups: Mapping[str, list[str]],
    by_shape: Mapping[str, list[str]],
    best: tuple[str, Measured],
    titles: Mapping[str, str],
) -> list[list[str]]:
    """The cells of every goal: what, the goal, problems, seeds, the figure, the verdict."""
    found = []
    for goal in GOALS:
        its = measured(table, "ours", goal.peer, goal.workers, groups[goal.group])
        noun = "worker" if goal.workers == 1 else "workers"
        what = f"{goal.group}, {goal.workers} {noun}, of {titles[goal.peer]}"
        found.append([what, f"{goal.most:.2f}", *said(its), verdict(its, goal)])
    peer, its = best
    what = f"{BEST.group}, {BEST.workers} workers, of the best peer's, {titles[peer]}"
    found.append([what, f"{BEST.most:.2f}", *said(its), verdict(its, BEST)])
    for peer in ("wandb", "tpe", "random"):
        shapes = behind(table, 4, peer, by_shape)
        n = sum(len(names) for names in by_shape.values())
        what = f"shapes behind {titles[peer]} beyond the interval, 4 workers"
        cells = ["none", str(n), "", ", ".join(shapes) or "none"]
        found.append([what, *cells, "**missed**" if shapes else "met"])
    return found
