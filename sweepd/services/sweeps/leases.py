"""Leases: when a config that was handed out is taken back.

A lease ends when the run is silent and its agent is silent too, or is alive and no longer has the
run. While either says the run lives, nothing is taken. Silence is counted from the start of this
server at the earliest, so its own downtime, and a jump of the clock, cost nobody a lease.
"""

import logging
import time
from datetime import datetime, timedelta

from sweepd.domain.runs import Run, RunState
from sweepd.domain.sweeps import Agent, Sweep
from sweepd.services.background import Background
from sweepd.services.core import CLOCK_JUMP_S, Core
from sweepd.services.sweeps import endings, lifecycle
from sweepd.store import agents, runs, sweeps
from sweepd.store.database import Connection

LONE_RUN_SILENT_S = 300.0  # runs of no sweep: as the hosted service
TICK_S = 5.0

log = logging.getLogger(__name__)


def lose_if_silent(
    core: Core, connection: Connection, sweep: Sweep, run: Run, agent: Agent | None, at: datetime
) -> bool:
    """Take back the config of a run its living agent no longer has, once the run is silent."""
    listening = core.listening
    if listening.silence_s(run.heartbeat_at or run.created_at, at) < listening.run_silent_s:
        return False
    where = f"on {agent.host}" if agent else "without an agent"
    why = f"fell silent {where}: its process is gone and it said no exit code"
    lifecycle.lose_run(connection, run, sweep.retries, why, at)
    return True


class Leases:
    """Looks through the live runs every few seconds, in a thread of its own."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._looked = time.monotonic()
        self._background = Background("leases", self._work, TICK_S)

    def start(self) -> None:
        """Begin looking."""
        self._looked = time.monotonic()
        self._background.start()

    def stop(self) -> None:
        """Stop looking; returns when the thread has ended."""
        self._background.stop()

    def _work(self) -> None:
        before, self._looked = self._looked, time.monotonic()
        self.look(self._looked - before)

    def look(self, elapsed_s: float) -> None:
        """Give up on silent runs, `elapsed_s` seconds of this machine after the last look."""
        listening, now = self._core.listening, self._core.now()
        listening.look(now)
        if elapsed_s > 2 * listening.agent_silent_s:
            listening.since = now  # this process was stopped for a while
        self.expire()

    def expire(self) -> list[Run]:
        """Give up on the runs whose lease has ended; returns them."""
        at = self._core.now()
        since = at - timedelta(seconds=self._core.listening.run_silent_s)
        ahead = at + timedelta(seconds=CLOCK_JUMP_S)  # by a clock that was set back
        with self._core.db.read() as connection:
            silent = runs.list_silent_runs(connection, since, ahead)
        lost = []
        for run in silent:
            if self._core.db.write(lambda c, pk=run.pk: self._expire_one(c, pk, at)):  # type: ignore[misc]
                lost.append(run)
                self._core.changes.touch_run(run.pk, run.sweep_pk)
        return lost

    def _expire_one(self, connection: Connection, pk: int, at: datetime) -> bool:
        run = runs.find_run_by_pk(connection, pk, lock=True)
        if run is None:
            return False
        listening = self._core.listening
        silent_s = listening.silence_s(run.heartbeat_at or run.created_at, at)
        sweep = sweeps.find_sweep_by_pk(connection, run.sweep_pk) if run.sweep_pk else None
        if sweep is None:
            if silent_s < LONE_RUN_SILENT_S or run.state is RunState.PENDING:
                return False
            why = f"no word from its client for {int(silent_s)} s"
            lifecycle.lose_run(connection, run, 0, why, at)
            return True
        agent = agents.find_agent(connection, run.agent_pk) if run.agent_pk else None
        if silent_s < listening.run_silent_s or (agent is None and run.state is RunState.PENDING):
            return False
        if agent is not None and agent.exited_at is None:
            heard = agent.heartbeat_at or agent.created_at
            if listening.silence_s(heard, at) < listening.agent_silent_s:
                return False  # it still has the run, or its next heartbeat settles it
        if agent is not None and run.state is RunState.PENDING:
            why = f"never started: its agent on {agent.host} fell silent"
        else:
            where = f" on {agent.host}" if agent else ""
            why = f"fell silent{where}: no word from it for {int(silent_s)} s"
        lifecycle.lose_run(connection, run, sweep.retries, why, at)
        endings.finish_if_done(connection, sweep.pk, at)
        return True
