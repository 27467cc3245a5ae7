"""Results of simulated sweeps: raw lines while they run, one compact file per engine to keep.

A compact file holds regret after AT[0], AT[1], … runs only, as far as its sweeps went, with four
digits, so that it is small enough for the repository: `{"at": […], "sweeps": [[engine, problem,
half, workers, seed, ask_ms, [regret, …]], …]}`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

N_RUNS = 60
AT = tuple(range(5, N_RUNS + 1, 5))
PEER_RUNS = 30  # of the peers whose asks take a second
COMPARED_AT = 25  # results: so far, with four workers, a sweep of 30 runs goes as one of 60 does
FLOOR = 0.01  # of random's average regret; below that, differences interest nobody
N_BOOT = 2000


class Sweep(NamedTuple):
    """One simulated sweep."""

    engine: str
    problem: str
    half: str
    workers: int
    seed: int
    ask_ms: float  # median over its asks
    regret: list[float]  # after each of AT runs, or fewer


Key = tuple[str, str, int, int]  # engine, problem, workers, seed


def kept_in(path: Path) -> dict[Key, Sweep]:
    """The sweeps of a compact file, none if there is none."""
    if not path.exists():
        return {}
    rows = [Sweep(*fields) for fields in json.loads(path.read_text())["sweeps"]]
    return {(row.engine, row.problem, row.workers, row.seed): row for row in rows}


def raw_in(path: Path) -> dict[Key, Sweep]:
    """The sweeps of a raw file, after AT runs each, as far as they were to go."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        row: dict[str, Any] = json.loads(line)
        regret, n_runs = row["regret"], row["runs"]
        chosen = [float(f"{regret[min(n, len(regret)) - 1]:.4g}") for n in AT if n <= n_runs]
        key = (row["engine"], row["problem"], row["workers"], row["seed"])
        found[key] = Sweep(key[0], key[1], row["half"], *key[2:], row["ask_ms"], chosen)
    return found


def compact(raw: Path, kept: Path) -> None:
    """Put the sweeps of a raw file into the compact one, in place of what it says of them."""
    rows = sorted({**kept_in(kept), **raw_in(raw)}.values(), key=lambda row: row[:5])
    body = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    kept.write_text(f'{{"at":{json.dumps(AT)},"sweeps":[\n{body}\n]}}\n')


class Table:
    """Regrets of all engines, by what they are compared on."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.halves: dict[str, str] = {}
        self.asks: dict[tuple[str, int], list[float]] = {}
        self._regrets: dict[tuple[str, int, str], dict[int, list[float]]] = {}
        for path in paths:
            for sweep in kept_in(path).values():
                key = (sweep.engine, sweep.workers, sweep.problem)
                self._regrets.setdefault(key, {})[sweep.seed] = sweep.regret
                self.halves[sweep.problem] = sweep.half
                self.asks.setdefault((sweep.engine, sweep.workers), []).append(sweep.ask_ms)

    def common(self, engines: Collection[str], workers: int) -> Table:
        """Of these engines the problems and seeds that all have; of random, for the scale, all."""
        found = Table([])
        for problem, half in self.halves.items():
            each = {engine: self.seeds(engine, workers, problem) for engine in engines}
            both = sorted(set.intersection(*(set(seeds) for seeds in each.values())))
            if both:
                found.halves[problem] = half
            for engine, seeds in each.items():
                kept = {seed: seeds[seed] for seed in both}
                found._regrets[engine, workers, problem] = kept
            random = self.seeds("random", workers, problem)
            found._regrets["random", workers, problem] = random
        return found

    def engines(self) -> list[str]:
        """Names, sorted."""
        return sorted({key[0] for key in self._regrets})

    def problems(self, half: str = "all") -> list[str]:
        """Names of a half's problems, or of all."""
        return [name for name, its in self.halves.items() if half in ("all", its)]

    def seeds(self, engine: str, workers: int, problem: str) -> dict[int, list[float]]:
        """Regret after each of AT runs by seed; empty if it was not simulated."""
        return self._regrets.get((engine, workers, problem), {})

    def n_seeds(self, engine: str) -> int:
        """Seeds that every problem and number of workers has."""
        return min(len(seeds) for key, seeds in self._regrets.items() if key[0] == engine)

    def pair(
        self, engine: str, other: str, workers: int, problem: str, at: int = -1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Regrets of two engines on the seeds both have, in the same order."""
        ours, theirs = (self.seeds(name, workers, problem) for name in (engine, other))
        common = sorted(ours.keys() & theirs.keys())
        first = np.array([ours[seed][at] for seed in common])
        return first, np.array([theirs[seed][at] for seed in common])

    def floor(self, workers: int, problem: str, at: int = -1) -> float:
        """What is added to every mean regret before it is divided."""
        found = [seed[at] for seed in self.seeds("random", workers, problem).values()]
        return FLOOR * float(np.mean(found))

    def ratios(
        self, engine: str, other: str, workers: int, problems: list[str], at: int = -1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ratio of mean regrets per problem, shape (p,), and bootstrap draws of it (N_BOOT, p).

        The bootstrap is paired: a drawn seed brings both engines' sweeps, which had the same
        durations of runs and, number by number, the same noise.
        """
        rng = np.random.default_rng(0)
        values = np.empty(len(problems))
        draws = np.empty((N_BOOT, len(problems)))
        for j, problem in enumerate(problems):
            ours, theirs = self.pair(engine, other, workers, problem, at)
            floor = self.floor(workers, problem, at)
            values[j] = (ours.mean() + floor) / (theirs.mean() + floor)
            drawn = rng.integers(0, len(ours), (N_BOOT, len(ours)))
            draws[:, j] = (ours[drawn].mean(axis=1) + floor) / (theirs[drawn].mean(axis=1) + floor)
        return values, draws
