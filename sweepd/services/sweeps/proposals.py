"""Configs prepared ahead of need, in a process of their own.

A heartbeat takes what is ready and never waits for a model to be fitted. When results change, what
was prepared is stale: it stays usable until fresher configs replace it.
"""

import json
import logging
import multiprocessing
import os
import queue
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from sweepd.domain.errors import SweepdError
from sweepd.domain.goals import Goal
from sweepd.domain.runs import LIVE, RunState
from sweepd.domain.sweeps import OPEN_CELLS, Sweep, SweepPoint, SweepState
from sweepd.search import process
from sweepd.search.errors import SearchError
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose
from sweepd.search.random_draws import sample
from sweepd.search.spec import SweepSpec
from sweepd.services.core import Core
from sweepd.services.sweeps import next_config as candidates
from sweepd.services.sweeps import specs
from sweepd.store import agents, cells, runs, sweeps

MAX_READY = 8
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
MODEL_METHODS = frozenset({"bayes", "sobol", "tpe", "cmaes", "nsga2"})

# Runs that say what the search knows of a config which is still open: another attempt may follow.
_OF_OPEN_CELLS = (*LIVE, RunState.CRASHED, RunState.PREEMPTED)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Prepared:
    """A config ready to go out; `is_repeat` when the search wants one that was there again."""

    config: dict[str, Any]
    is_repeat: bool


@dataclass
class _Cache:
    """What is prepared for one sweep."""

    ready: deque[_Prepared] = field(default_factory=deque)
    n_ended: int = -1  # ended runs known when it was prepared
    n_agents: int = 1
    is_asked: bool = False


class Proposals:
    """Prepared configs, a cache per sweep, filled by one thread which asks one search process."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._caches: dict[int, _Cache] = {}
        self._needless: set[int] = set()  # sweeps that choose without a model
        self._wanted: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._pool: ProcessPoolExecutor | None = None
        self._thread = threading.Thread(target=self._work, name="sweepd-proposals", daemon=True)
        self._unlisten = core.changes.listen(self._changed)

    def start(self) -> None:
        """Begin preparing, first for the sweeps that were running when the server ended."""
        with self._core.db.read() as connection:
            found = sweeps.list_open_sweeps(connection)
        for sweep in found:
            if sweep.state is SweepState.RUNNING and sweep.method in MODEL_METHODS:
                self.want(sweep.pk)
        for name in BLAS_THREADS:  # read by NumPy when the search process loads it
            os.environ.setdefault(name, "1")
        self._thread.start()

    def stop(self) -> None:
        """Stop preparing and end the search process."""
        self._unlisten()
        self._wanted.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _changed(self, kind: str, pk: int) -> None:
        if kind == "sweep" and pk in self._caches:
            self.want(pk)

    def want(self, sweep_pk: int, is_changed: bool = False) -> None:
        """Have configs prepared for a sweep, unless that is already asked for, or needless.

        Args:
            is_changed: The sweep is new, or its file was edited: look again whether it needs any.
        """
        with self._lock:
            if is_changed:
                self._needless.discard(sweep_pk)
            elif sweep_pk in self._needless:
                return
            cache = self._caches.setdefault(sweep_pk, _Cache())
            if cache.is_asked:
                return
            cache.is_asked = True
        self._wanted.put(sweep_pk)

    def n_ready(self, sweep_pk: int) -> int:
        """How many configs are ready for a sweep."""
        with self._lock:
            cache = self._caches.get(sweep_pk)
            return len(cache.ready) if cache else 0

    def take(
        self, sweep: Sweep, is_taken: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any] | None:
        """A prepared config, or None when none is ready yet (or the space is exhausted).

        Args:
            is_taken: Whether the sweep has the config by now. Another replica, which prepared the
                same, may have handed it out; only what the search repeats on purpose goes again.
        """
        while True:
            with self._lock:
                self._needless.discard(sweep.pk)  # edited through another replica, since it asks
                cache = self._caches.setdefault(sweep.pk, _Cache())
                if not cache.ready:
                    return None
                prepared = cache.ready.popleft()
            if prepared.is_repeat or not is_taken(prepared.config):
                return prepared.config

    def _work(self) -> None:
        while (sweep_pk := self._wanted.get()) is not None:
            with self._lock:
                cache = self._caches.setdefault(sweep_pk, _Cache())
                cache.is_asked = False
            try:
                self._prepare(sweep_pk, cache)
            except Exception:
                log.exception("preparing configs for sweep %s failed", sweep_pk)
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _prepare(self, sweep_pk: int, cache: _Cache) -> None:
        with self._core.db.read() as connection:
            sweep = sweeps.find_sweep_by_pk(connection, sweep_pk)
            if sweep is None or sweep.state in (SweepState.FINISHED, SweepState.CANCELED):
                self._caches.pop(sweep_pk, None)
                return
            spec = specs.spec_of(sweep)
            if spec.method not in MODEL_METHODS or not candidates.searches_here(spec):
                with self._lock:
                    if not cache.is_asked:  # nor edited meanwhile
                        self._caches.pop(sweep_pk, None)
                        self._needless.add(sweep_pk)
                return
            since = self._core.now() - timedelta(seconds=self._core.listening.agent_silent_s)
            n_agents = agents.count_active(connection, sweep_pk, since)
            n_wanted = min(MAX_READY, max(1, n_agents))
            n_ended = runs.count_ended(connection, sweep_pk)
            if len(cache.ready) >= n_wanted and cache.n_ended == n_ended:
                return
            points = sweeps.list_points(connection, sweep_pk)
            open_cells = cells.list_cells(connection, sweep_pk, OPEN_CELLS)
            taken = cells.list_keys(connection, sweep_pk)
        open_configs = Counter(cell.config for cell in open_cells)
        observations, pending = _known(points, open_configs, sweep.metric_goal)
        try:
            found = self._ask(spec, sweep, observations, pending, n_wanted)
        except Exception as error:
            if not isinstance(error, SearchError):
                log.exception("proposing for sweep %s failed", sweep.path)
            found = self._draw_instead(spec, sweep, error)
        with self._lock:
            cache.ready = deque(
                _Prepared(config, spec.space.key(config) in taken) for config in found
            )
            cache.n_ended = n_ended

    def _draw_instead(
        self, spec: SweepSpec, sweep: Sweep, error: Exception
    ) -> list[dict[str, Any]]:
        """A random config in place of one that could not be proposed, and a warning of it."""
        what = str(error) if isinstance(error, SearchError) else f"{type(error).__name__}: {error}"
        message = f"the search could not propose a config, so one was drawn at random: {what}"
        found = []
        try:
            found = [sample(spec.space, _generator(sweep))]
        except SearchError as other:
            message = f"the search could not propose a config: {what}; nor be one drawn: {other}"
        at = self._core.now()
        self._core.db.write(lambda c: sweeps.append_warning_once(c, sweep.pk, at, message[:1000]))
        return found

    def _ask(
        self,
        spec: SweepSpec,
        sweep: Sweep,
        observations: Sequence[Observation],
        pending: Sequence[dict[str, Any]],
        n: int,
    ) -> list[dict[str, Any]]:
        for _attempt in range(2):
            if self._pool is None:
                # spawn: the search process starts clean, without the server's threads and sockets
                self._pool = ProcessPoolExecutor(
                    1, multiprocessing.get_context("spawn"), initializer=process.begin
                )
            try:
                future = self._pool.submit(propose, spec, observations, pending, n, sweep.seed)
                return list(future.result())
            except BrokenProcessPool:
                self._pool = None  # killed from outside, or out of memory: once more with a new one
        raise SweepdError("the search process ended twice; is the machine out of memory?")


def _generator(sweep: Sweep) -> np.random.Generator:
    return np.random.default_rng([sweep.seed, sweep.next_index])


def _known(
    points: Sequence[SweepPoint], open_configs: Counter[str], goal: Goal
) -> tuple[list[Observation], list[dict[str, Any]]]:
    """Runs as the search sees them, and the configs that have no run to show for themselves yet.

    Of several attempts at one config, lost ones do not count once another has a value or runs.
    """
    known = {p.config for p in points if p.metric_last is not None or p.state in LIVE}
    observations = []
    for point in points:
        is_lost = point.metric_last is None and point.state not in LIVE
        if is_lost and (point.config in known or open_configs[point.config] > 0):
            continue
        if point.state in _OF_OPEN_CELLS:
            open_configs[point.config] -= 1
        state: Any = point.state
        if state == RunState.KILLED and point.metric_last is not None:
            state = "stopped"
        observations.append(
            Observation(
                config=json.loads(point.config),
                objective=goal.extreme(point.metric_min, point.metric_max),
                state=state,
                latest=point.metric_last,
            )
        )
    return observations, [json.loads(config) for config in open_configs.elements()]
