"""Configs prepared ahead of need, in processes of their own.

A heartbeat takes what is ready and never waits for a model to be fitted. When results change, what
was prepared is stale: it stays usable until fresher configs replace it.

Each ask has a time, and sweeps take turns; those that take long have a process of their own. A
sweep whose ask takes longer, or ends the process, is told so and given random configs; when that
happens again and again it is paused.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Set
from datetime import timedelta
from functools import partial
from typing import Any

from sweepd.domain.sweeps import OPEN_CELLS, Sweep, SweepState
from sweepd.later import np
from sweepd.search.errors import SearchError
from sweepd.search.process import OverTime, WorkerLost
from sweepd.search.random_draws import sample_some
from sweepd.search.spec import SweepSpec
from sweepd.services.core import Core
from sweepd.services.sweeps import early_stops, learning, specs
from sweepd.services.sweeps import next_config as candidates
from sweepd.services.sweeps.observed import known
from sweepd.services.sweeps.proposal_cache import Prepared, ProposalCache, told
from sweepd.services.sweeps.searching import QUICK_SHARE, Searching
from sweepd.services.sweeps.turns import Lane, Turns
from sweepd.store import agents, cells, run_counts, sweep_events, sweep_points, sweeps
from sweepd.store.database import Connection

MAX_READY = 8
MAX_OVERRUNS = 3  # asks in a row that take too long, or end the process, before a sweep is paused
DRAW_S = 1.0  # for random configs in place of proposed ones; the first may take longer
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
MODEL_METHODS = frozenset({"bayes", "sobol", "tpe", "cmaes", "nsga2"})


class Proposals:
    """Prepared configs, a cache per sweep, filled by two threads, each with its search process.

    Args:
        ask_s: Seconds that one ask may take; then the process is ended and another begun.
    """

    def __init__(self, core: Core, ask_s: float = 20.0) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._caches: dict[int, ProposalCache] = {}
        self._needless: set[int] = set()  # sweeps that choose without a model
        self._wanted = Turns()
        self._ask_s = ask_s
        self._quick = Searching((Lane.QUICK, Lane.NEW), QUICK_SHARE)
        self._slow = Searching((Lane.SLOW,), 1.0)
        self._drawing = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(each,), name="sweepd-proposals", daemon=True)
            for each in (self._quick, self._slow)
        ]
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
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop preparing and end the search processes, whatever they do."""
        self._unlisten()
        self._wanted.close()
        for searching in (self._quick, self._slow):
            searching.worker.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

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
            cache = self._caches.setdefault(sweep_pk, ProposalCache())
            if is_changed:
                cache.n_overruns, cache.why_none = 0, ""
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

        Raises:
            SearchError: None can be found until the file is changed; the message says why.
        """
        while True:
            with self._lock:
                self._needless.discard(sweep.pk)  # edited through another replica, since it asks
                cache = self._caches.setdefault(sweep.pk, ProposalCache())
                if not cache.ready:
                    why, cache.why_none = cache.why_none, ""
                    if why and sweep.config_yaml == cache.broken_file:
                        raise SearchError(why)
                    return None
                prepared = cache.ready.popleft()
            if prepared.is_repeat or not is_taken(prepared.config):
                return prepared.config

    def _work(self, searching: Searching) -> None:
        while (sweep_pk := self._wanted.get(searching.lanes)) is not None:
            with self._lock:
                cache = self._caches.setdefault(sweep_pk, ProposalCache())
                cache.is_asked = False
            try:
                self._prepare(sweep_pk, cache, searching)
            except Exception as error:
                cache.log_once(f"preparing configs for sweep {sweep_pk} failed", error)
            if searching.is_last and self._wanted.empty(searching.lanes):
                searching.worker.rest()
        searching.worker.close()

    def _prepare(self, sweep_pk: int, cache: ProposalCache, searching: Searching) -> None:
        with self._core.db.read() as connection:
            sweep = sweeps.find_sweep_by_pk(connection, sweep_pk)
            over = (SweepState.FINISHED, SweepState.CANCELED)
            if sweep is None or sweep.deleted_at is not None or sweep.state in over:
                self._caches.pop(sweep_pk, None)
                self._wanted.forget(sweep_pk)
                return
            is_broken = cache.why_none and cache.broken_file == sweep.config_yaml
            if is_broken or cache.is_drawing or sweep.state is SweepState.PAUSED:
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
            n_ended = run_counts.count_ended(connection, sweep_pk)
            if len(cache.ready) >= n_wanted and cache.n_ended == n_ended:
                return
            points = sweep_points.list_points(connection, sweep_pk)
            open_cells = cells.list_cells(connection, sweep_pk, OPEN_CELLS)
            taken = cells.list_keys(connection, sweep_pk)
            curves = early_stops.curves(connection, sweep, spec)
            earlier, gone = learning.observations(connection, sweep, spec)
        for message in gone:
            self._warn(sweep, message)
        open_configs = Counter(cell.config for cell in open_cells)
        observations, pending = known(points, open_configs, sweep.metric_goal, spec.metrics, curves)
        observations = [*earlier, *observations]
        began, is_over = time.monotonic(), False
        try:
            found = searching.propose(self._ask_s, spec, sweep, observations, pending, n_wanted)
            cache.n_overruns, cache.logged = 0, ""
        except Exception as error:
            if searching.worker.is_stopped:
                return
            is_over = isinstance(error, OverTime)
            if is_over and not searching.is_last:
                self._wanted.note(sweep_pk, Lane.SLOW)  # which gives it more time
                self.want(sweep_pk)
                return
            found = None
            cache.is_drawing = True
            draw = partial(self._draw_instead, spec, sweep, cache, error, taken, n_wanted, n_ended)
            threading.Thread(target=draw, name="sweepd-draws", daemon=True).start()
        is_quick = not is_over and time.monotonic() - began <= QUICK_SHARE * self._ask_s
        if found is not None:
            self._keep(spec, cache, found, taken, n_ended)
        self._wanted.note(sweep_pk, Lane.QUICK if is_quick else Lane.SLOW)

    def _keep(
        self,
        spec: SweepSpec,
        cache: ProposalCache,
        found: list[dict[str, Any]],
        taken: Set[str],
        n_ended: int,
    ) -> None:
        with self._lock:
            cache.ready = deque(
                Prepared(config, spec.space.key(config) in taken) for config in found
            )
            cache.n_ended = n_ended

    def _draw_instead(
        self,
        spec: SweepSpec,
        sweep: Sweep,
        cache: ProposalCache,
        error: Exception,
        taken: Set[str],
        n: int,
        n_ended: int,
    ) -> None:
        """Keep random configs in place of what could not be proposed, in a thread of their own: no
        other sweep waits for them, and those whose search failed too take turns."""
        try:
            with self._drawing:
                found = self._drawn(spec, sweep, cache, error, taken, n)
            self._keep(spec, cache, found, taken, n_ended)
        except Exception as other:
            if not self._quick.worker.is_stopped:
                cache.log_once(f"drawing configs for sweep {sweep.path} failed", other)
        finally:
            cache.is_drawing = False

    def _drawn(
        self,
        spec: SweepSpec,
        sweep: Sweep,
        cache: ProposalCache,
        error: Exception,
        taken: Set[str],
        n: int,
    ) -> list[dict[str, Any]]:
        """Random configs, and a warning that they are; none when there are none either, or when it
        goes on like this."""
        what, is_overrun = told(error), isinstance(error, OverTime | WorkerLost)
        cache.n_overruns = cache.n_overruns + 1 if is_overrun else 0
        if not isinstance(error, SearchError):
            cache.log_once(f"proposing for sweep {sweep.path} failed: {what}", error)
        found: list[dict[str, Any]] = []
        why = ""
        if cache.n_overruns >= MAX_OVERRUNS:
            why = f"{what} ({MAX_OVERRUNS} times in a row)"
        else:
            try:
                used = taken if spec.is_finite else frozenset()
                found = sample_some(spec.space, _generator(sweep), used, n, DRAW_S)
            except Exception as other:
                why = f"{what}; nor could one be drawn at random: {told(other)}"
        message = f"the search could not propose a config, so one was drawn at random: {what}"
        if why:
            message = f"the search could not propose a config: {why}"
        self._warn(sweep, message[:1000])
        with self._lock:
            cache.why_none, cache.broken_file = why, sweep.config_yaml
        return found

    def _warn(self, sweep: Sweep, message: str) -> None:
        at = self._core.now()

        def warn(connection: Connection) -> None:
            if sweeps.find_sweep_by_pk(connection, sweep.pk) is not None:  # nor deleted meanwhile
                sweep_events.append_warning_once(connection, sweep.pk, at, message)

        self._core.db.write(warn)


def _generator(sweep: Sweep) -> np.random.Generator:
    return np.random.default_rng([sweep.seed, sweep.next_index])
