"""Simulate a sweep with asynchronous workers and note the regret after every finished run.

A free worker asks at once; runs last a log-normal time, so they end in another order than they
began. The engine sees what has finished and what is pending, as a server would.
"""

from __future__ import annotations

import heapq
import time
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.search.problems import Problem

# (problem, seed) → ask(finished [(config, value or None)], pending [config]) → config or None
Engine = Callable[[Problem, int], Callable[[list[Any], list[Any]], "dict[str, Any] | None"]]


def simulate(
    problem: Problem, engine: Engine, workers: int, seed: int, n_runs: int
) -> dict[str, Any]:
    """One sweep.

    Returns:
        regret: True regret of the best *observed* config after 1, 2, … finished runs.
        ask_s: Seconds each ask took.
    """
    rng = np.random.default_rng([zlib.crc32(problem.name.encode()), seed, workers])
    ask = engine(problem, seed)
    finished: list[tuple[dict[str, Any], float | None]] = []
    flying: list[tuple[float, int, dict[str, Any]]] = []
    regret: list[float] = []
    ask_s: list[float] = []
    now, started, best_seen, best_regret = 0.0, 0, np.inf, 1.0
    while len(finished) < n_runs:
        while started < n_runs and len(flying) < workers:
            begin = time.perf_counter()
            config = ask(finished, [item[2] for item in sorted(flying, key=lambda i: i[1])])
            ask_s.append(time.perf_counter() - begin)
            if config is None:
                n_runs = started
                break
            heapq.heappush(flying, (now + float(rng.lognormal(0, 0.5)), started, config))
            started += 1
        if not flying:
            break
        now, _, config = heapq.heappop(flying)
        value = problem.true(config) + problem.noise * float(rng.standard_normal())
        if problem.fails is not None and problem.fails(config, float(rng.random())):
            finished.append((config, None))
            value = np.inf
        else:
            finished.append((config, value))
        if value < best_seen:
            best_seen, best_regret = value, problem.regret(config)
        regret.append(best_regret)
    return {"regret": regret, "ask_s": ask_s}
