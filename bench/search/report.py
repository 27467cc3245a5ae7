"""Turn the lines of `run.py` into tables: regret ratios with intervals, per half and per problem.

    python -m bench.search.report results/*.jsonl
    python -m bench.search.report --against random --per-problem results/*.jsonl

For each problem the regrets of an engine after the last run are averaged over seeds, 1 % of
random's average is added (below that, differences interest nobody and would rule the mean), and
divided by the same of the other engine. Then the geometric mean over problems. Intervals are 95 %
bootstrap percentiles over seeds, drawn anew for each problem and engine.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

FLOOR = 0.01  # of random's average regret
N_BOOT = 1000
HALVES = ("develop", "held out")

Table = dict[tuple[str, int, str], np.ndarray]  # (engine, workers, problem) → regret per seed


def load(paths: list[Path], at: int) -> tuple[Table, dict[str, str], dict[tuple[str, int], float]]:
    """Regret after `at` runs (the last one of a shorter sweep), halves, and median ask in ms."""
    found: dict[tuple[str, int, str], dict[int, float]] = defaultdict(dict)
    halves: dict[str, str] = {}
    asks: dict[tuple[str, int], list[float]] = defaultdict(list)
    for path in paths:
        for line in path.read_text().splitlines():
            row: dict[str, Any] = json.loads(line)
            key = (row["engine"], row["workers"], row["problem"])
            found[key][row["seed"]] = row["regret"][min(at, len(row["regret"])) - 1]
            halves[row["problem"]] = row["half"]
            asks[row["engine"], row["workers"]].append(row["ask_ms"])
    table = {key: np.array(list(seeds.values())) for key, seeds in found.items()}
    return table, halves, {key: float(np.median(values)) for key, values in asks.items()}


def ratios(
    table: Table,
    engine: str,
    other: str,
    workers: int,
    problems: list[str],
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """One ratio per problem; of a bootstrap draw when a generator is given."""
    found = []
    for problem in problems:
        pair = [table[name, workers, problem] for name in (engine, other)]
        if rng is not None:
            pair = [values[rng.integers(0, len(values), len(values))] for values in pair]
        floor = FLOOR * float(table["random", workers, problem].mean())
        found.append((pair[0].mean() + floor) / (pair[1].mean() + floor))
    return np.array(found)


def cell(table: Table, engine: str, other: str, workers: int, problems: list[str]) -> str:
    """Geometric mean of the ratios with its interval."""
    common = [
        problem
        for problem in problems
        if all((name, workers, problem) in table for name in (engine, other, "random"))
    ]
    if not common:
        return "-"
    rng = np.random.default_rng(0)
    value = np.exp(np.log(ratios(table, engine, other, workers, common)).mean())
    draws = [
        np.exp(np.log(ratios(table, engine, other, workers, common, rng)).mean())
        for _ in range(N_BOOT)
    ]
    low, high = np.percentile(draws, [2.5, 97.5])
    note = "" if len(common) == len(problems) else f" ({len(common)} of {len(problems)})"
    return f"{value:.2f} [{low:.2f}, {high:.2f}]{note}"


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--against", default="wandb")
    parser.add_argument("--at", type=int, default=60)
    parser.add_argument("--per-problem", action="store_true")
    args = parser.parse_args()
    table, halves, asks = load(args.files, args.at)
    engines = sorted({key[0] for key in table})
    workers = sorted({key[1] for key in table})
    seeds = min(len(values) for values in table.values())
    print(f"Regret after {args.at} runs relative to {args.against}; at least {seeds} seeds.\n")
    for half in (*HALVES, "all"):
        problems = [p for p in halves if half in ("all", halves[p])]
        print(
            f"| {half} ({len(problems)} problems) | "
            + " | ".join(f"{w} workers" for w in workers)
            + " |\n|"
            + "---|" * (len(workers) + 1)
        )
        for engine in engines:
            cells = [cell(table, engine, args.against, w, problems) for w in workers]
            print(f"| {engine} | " + " | ".join(cells) + " |")
        print()
    print(
        "Median ask, ms: "
        + "; ".join(
            f"{engine} " + "/".join(f"{asks.get((engine, w), float('nan')):.0f}" for w in workers)
            for engine in engines
        )
        + "\n"
    )
    if args.per_problem:
        for w in workers:
            print(
                f"| {w} workers, mean regret | "
                + " | ".join(engines)
                + " |\n|"
                + "---|" * (len(engines) + 1)
            )
            for problem in halves:
                means = [table.get((engine, w, problem)) for engine in engines]
                shown = ["-" if m is None else f"{m.mean():.4f}" for m in means]
                print(f"| {problem} ({halves[problem]}) | " + " | ".join(shown) + " |")
            print()


if __name__ == "__main__":
    main()
