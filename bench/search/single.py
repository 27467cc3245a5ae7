"""Ours beside the others on single problems: tables of the report (`report.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.search.markdown import head, row
from bench.search.results import Table

DECIDED_BY = ("wandb", "tpe", "random")


def first_ones(table: Table, halves: Mapping[str, str], workers: Sequence[int]) -> list[str]:
    """Ours against W&B's on every problem of some halves (half → title); worse and better only
    where the interval says so."""
    lines = head(["sweepd / W&B", *(f"{w} workers" if w > 1 else "1 worker" for w in workers)])
    first = [name for name in table.problems() if table.halves[name] in halves]
    for problem in sorted(first, key=lambda name: table.halves[name]):
        cells = []
        for number in workers:
            values, draws = table.ratios("ours", "wandb", number, [problem])
            low, high = np.percentile(draws, [2.5, 97.5])
            verdict = " **worse**" if low > 1 else "" if high < 1 else " (undecided)"
            ours, theirs = table.pair("ours", "wandb", number, problem)
            cells.append(f"{values[0]:.2f}{verdict}: {ours.mean():.3f} / {theirs.mean():.3f}")
        lines.append(row([f"{problem} ({halves[table.halves[problem]]})", *cells]))
    return lines


def real_models(table: Table, names: list[str], titles: Mapping[str, str]) -> list[str]:
    """Of each problem the regret ours leaves of the others' with 4 workers, its interval over the
    seeds that both have, and the mean regrets."""
    cells = ["", "seeds", *(f"of {titles[peer]}" for peer in DECIDED_BY)]
    lines = head([*cells, "regret: " + ", ".join(titles[e] for e in ("ours", *DECIDED_BY))])
    for name in names:
        seeds = min(len(table.pair("ours", peer, 4, name)[0]) for peer in DECIDED_BY)
        ratios, regrets = [], [table.pair("ours", "wandb", 4, name)[0].mean()]
        for peer in DECIDED_BY:
            values, draws = table.ratios("ours", peer, 4, [name])
            low, high = np.percentile(draws, [2.5, 97.5])
            ratios.append(f"{values[0]:.2f} [{low:.2f}, {high:.2f}]")
            regrets.append(table.pair("ours", peer, 4, name)[1].mean())
        told = ", ".join(f"{regret:.4f}" for regret in regrets)
        lines.append(row([name, str(seeds), *ratios, told]))
    return lines
