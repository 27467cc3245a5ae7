"""Everything in one command: every engine side by side, then the tables.

    nice python -m bench.search --seeds 5
    nice python -m bench.search --seeds 3 --engines gp botorch smac hebo ours --workers 4
    nice python -m bench.search --seeds 3 --workers 4 --ablations

Peers that need what this project does not are run in environments of their own, made on first use
(`environments.py`). All engines get a problem's sweep before the next one begins, so whatever stops
the command leaves them side by side. Raw lines are appended below `.bench/results/`, from which the
compact files of `bench/search/results/` are made; what is in either is not run again. A sweep
takes a second of processor time (ours, TPE), three (W&B's engine), five (SMAC3, GPSampler), 15
(BoTorch) or 75 (HEBO); environments a minute or two each.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Condition
from typing import NamedTuple

from bench.search.ablations import VARIANTS
from bench.search.environments import BENCH, ROOT, python_of
from bench.search.problems import makers
from bench.search.real_models import PYTHON
from bench.search.report import APART, COMPARED, ENGINES, PEERS, RESULTS
from bench.search.results import N_RUNS, PEER_RUNS, compact, kept_in, raw_in

RAW = BENCH / "results"
DEFAULT_ENGINES = tuple(engine for engine in ENGINES if engine not in PEERS)


class Job(NamedTuple):
    """One sweep to simulate."""

    engine: str
    problem: str
    workers: int
    seed: int


def files(engine: str) -> tuple[Path, Path]:
    """Where an engine's raw lines are, and what is kept of them."""
    name = "ablations-4" if engine in VARIANTS else f"engine-{engine}"
    return RAW / f"{name}.jsonl", RESULTS / f"{name}.json"


def runs_of(engine: str) -> int:
    """Runs of a sweep by an engine."""
    return PEER_RUNS if engine in PEERS or engine in VARIANTS else N_RUNS


class Simulation:
    """Jobs in their order, each engine in a process of its own, one job at a time."""

    def __init__(self, jobs: list[Job]) -> None:
        self._jobs = jobs
        self._hosts: dict[str, subprocess.Popen[str]] = {}
        self._busy: set[str] = set()
        self._changed = Condition()

    def work(self) -> None:
        """Run jobs until none is left; several threads may."""
        while (job := self._next()) is not None:
            line = self._run(job)
            with self._changed:
                if line:
                    with files(job.engine)[0].open("a") as out:
                        out.write(line)
                else:  # the next job gets a new process
                    print(f"{job} was not answered", file=sys.stderr, flush=True)
                    self._hosts.pop(job.engine).wait()
                self._busy.discard(job.engine)
                self._changed.notify_all()

    def _next(self) -> Job | None:
        with self._changed:
            while self._jobs:
                at = next((i for i, j in enumerate(self._jobs) if j.engine not in self._busy), None)
                if at is not None:
                    self._busy.add(self._jobs[at].engine)
                    return self._jobs.pop(at)
                self._changed.wait()
        return None

    def _run(self, job: Job) -> str:
        if job.engine not in self._hosts:
            command = [python_of(job.engine), "-m", "bench.search.run", "--engine", job.engine]
            pipe = subprocess.PIPE
            trains = {**os.environ, PYTHON: sys.executable}  # the real models, for every engine
            self._hosts[job.engine] = subprocess.Popen(
                command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, env=trains
            )
        host = self._hosts[job.engine]
        assert host.stdin is not None and host.stdout is not None
        host.stdin.write(json.dumps([*job[1:], runs_of(job.engine)]) + "\n")
        host.stdin.flush()
        return host.stdout.readline()

    def close(self) -> None:
        """End the engines' processes."""
        for host in self._hosts.values():
            assert host.stdin is not None
            host.stdin.close()
            host.wait()


def missing(jobs: list[Job]) -> list[Job]:
    """Those whose sweep is neither among the raw lines nor in a compact file."""
    done = set()
    for engine in {job.engine for job in jobs}:
        raw, kept = files(engine)
        done |= raw_in(raw).keys() | kept_in(kept).keys()
    return [job for job in jobs if tuple(job) not in done]


def main() -> None:
    """Run the engines and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=list(DEFAULT_ENGINES))
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 4, 16])
    parser.add_argument("--problems", nargs="*", help="of all, which are in the order of COMPARED")
    parser.add_argument(
        "--ablations", nargs="*", choices=VARIANTS, help="variants of ours instead, or all of them"
    )
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    RAW.mkdir(parents=True, exist_ok=True)
    problems = args.problems or sorted(makers(), key=lambda name: name not in COMPARED)
    if args.ablations is not None:
        problems = [name for name in problems if name not in APART]
    engines = args.engines if args.ablations is None else args.ablations or list(VARIANTS)
    order = itertools.product(range(args.seeds), problems, args.workers, engines)
    jobs = [Job(engine, problem, workers, seed) for seed, problem, workers, engine in order]
    simulation = Simulation(missing(jobs))
    with ThreadPoolExecutor(args.processes) as pool:
        for done in [pool.submit(simulation.work) for _ in range(args.processes)]:
            done.result()
    simulation.close()
    for engine in engines:
        compact(*files(engine))
    subprocess.run([sys.executable, "-m", "bench.search.report"], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
