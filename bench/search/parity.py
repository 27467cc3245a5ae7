"""Do hyperband and grid decide as W&B's own engine does? Random sweeps through both, counted.

    .bench/wandb-sweeps/bin/python -m bench.search.parity [--cases 300]

Runs in the environment that has PyPI's `sweeps` (numpy < 2), which `python -m bench.search` makes.
"""

import argparse
import sys
from typing import Any

import numpy as np
import sweeps  # type: ignore[import-not-found]

from sweepd.search.grammar import sweep_file as grammar
from sweepd.search.grid import Grid
from sweepd.search.stopping import rules as stopping


def main() -> None:
    """Print how many decisions agreed; exit code 1 when one did not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=300)
    n_cases = parser.parse_args().cases
    rng = np.random.default_rng(7)
    stops = [_same_stops(rng) for _ in range(n_cases)]
    grids = [_same_grid(rng) for _ in range(n_cases // 10)]
    n_runs = sum(n for _, n in stops)
    print(
        f"hyperband: {sum(same for same, _ in stops)} of {n_cases} sweeps ({n_runs} running runs) "
        f"stop the same runs; grid: {sum(grids)} of {len(grids)} give the same configs in order"
    )
    sys.exit(0 if all(same for same, _ in stops) and all(grids) else 1)


def _same_stops(rng: np.random.Generator) -> tuple[bool, int]:
    rule: dict[str, Any] = {"type": "hyperband", "eta": int(rng.integers(2, 5))}
    if rng.random() < 0.5:
        rule["min_iter"] = int(rng.integers(1, 5))
    else:
        rule |= {"max_iter": int(rng.integers(5, 40)), "s": int(rng.integers(1, 4))}
    if rng.random() < 0.5:
        rule["strict"] = bool(rng.random() < 0.5)
    config = {
        "method": "random",
        "metric": {"name": "loss", "goal": str(rng.choice(["minimize", "maximize"]))},
        "parameters": {"a": {"values": [1, 2]}},
        "early_terminate": rule,
    }
    curves = {
        f"r{i}": np.round(rng.normal(size=int(rng.integers(0, 30))), 1).tolist()
        for i in range(int(rng.integers(1, 15)))
    }
    running = {name for name in curves if rng.random() < 0.5}
    theirs = sweeps.stop_runs(
        config,
        [
            sweeps.SweepRun(
                name=name,
                state="running" if name in running else "finished",
                history=[{"loss": value} for value in curve],
                config={"a": {"value": 1}},
            )
            for name, curve in curves.items()
        ],
    )
    spec = grammar.parse(config)
    assert spec.early_terminate is not None
    assert spec.metric is not None
    ours = set()
    for name in running:
        bands = stopping.bands(spec.early_terminate, len(curves[name]))
        peers = {band: [c[band - 1] for c in curves.values() if len(c) >= band] for band in bands}
        if curves[name] and stopping.decide(
            spec.early_terminate, spec.metric.goal, curves[name], peers
        ):
            ours.add(name)
    return ours == {run.name for run in theirs}, len(running)


def _same_grid(rng: np.random.Generator) -> bool:
    parameters: dict[str, Any] = {
        "b": {"values": ["x", "y", True, 2.5, None][: int(rng.integers(1, 6))]},
        "a": {"min": 1, "max": int(rng.integers(2, 5))},
        "Q": {"distribution": "q_uniform", "min": 0, "max": int(rng.integers(1, 5)), "q": 1},
        "z": {"value": 3},
        "nest": {"parameters": {"d": {"values": [1, 2]}, "c": {"values": ["p", "q"]}}},
    }
    config = {"method": "grid", "parameters": parameters}
    runs: list[Any] = []
    while (run := sweeps.next_run(config, runs)) is not None:
        run.state = "finished"
        runs.append(run)
    grid = Grid(grammar.parse(config).space)
    ours, index = [], grid.next(0)
    while index is not None:
        ours.append(grid.config(index))
        index = grid.next(index + 1)
    return ours == [{key: item["value"] for key, item in run.config.items()} for run in runs]


if __name__ == "__main__":
    main()
