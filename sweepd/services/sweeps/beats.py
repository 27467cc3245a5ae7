"""Heartbeats of agents that have a run: those that wait together share a transaction.

On PostgreSQL, where each alone costs four ways to the database and a sync. Nothing is handed out
here, so no sweep is locked and no heartbeat waits for another's search. SQLite's writer commits
together by itself.
"""

import asyncio
import threading
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakKeyDictionary

from sweepd.domain.errors import NotFound, SweepdError
from sweepd.domain.sweeps import Agent
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.store import agents
from sweepd.store.database import Connection

MOST = 200  # in one transaction
AT_ONCE = 2  # transactions on their way: one that waits for a lock holds up half


@dataclass(frozen=True, slots=True)
class _Beat:
    caller: Caller
    agent_pk: int
    alive_runs: frozenset[str]
    answer: "asyncio.Future[Agent | None]"


@dataclass
class _Waiting:
    """Of one event loop."""

    beats: deque[_Beat] = field(default_factory=deque)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)  # lest they are collected
    n_working: int = 0


class Beats:
    """Notes heartbeats. May be used from several event loops."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiting] = WeakKeyDictionary()

    async def join(self, caller: Caller, agent_pk: int, alive_runs: frozenset[str]) -> Agent | None:
        """Note one with others; the agent as it is now.

        Returns:
            None when there is something to tell it: ask alone. Then nothing was noted.

        Raises:
            NotFound: The agent's sweep was deleted, or is not the caller's.
            Unavailable: The database cannot take writes now.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            waiting = self._of_loops.setdefault(loop, _Waiting())
        answer: asyncio.Future[Agent | None] = loop.create_future()
        waiting.beats.append(_Beat(caller, agent_pk, alive_runs, answer))
        if waiting.n_working < AT_ONCE:
            waiting.n_working += 1
            task = loop.create_task(self._work(waiting))
            waiting.tasks.add(task)
            task.add_done_callback(waiting.tasks.discard)
        return await answer

    async def _work(self, waiting: _Waiting) -> None:
        try:
            await self._work_off(waiting)
        finally:  # nothing has come in between: the loop was not given away
            waiting.n_working -= 1

    async def _work_off(self, waiting: _Waiting) -> None:
        while waiting.beats:
            some = [waiting.beats.popleft() for _ in range(min(MOST, len(waiting.beats)))]
            outcomes: list[Agent | SweepdError | None]
            try:
                outcomes = await self._core.db.write_async(partial(self._note, some=some))
            except BaseException as error:
                for beat in some:
                    if not beat.answer.done():
                        beat.answer.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            for beat, outcome in zip(some, outcomes, strict=True):
                if beat.answer.done():
                    continue  # its client has gone
                if isinstance(outcome, SweepdError):
                    beat.answer.set_exception(outcome)
                else:
                    beat.answer.set_result(outcome)

    def _note(self, connection: Connection, some: list[_Beat]) -> list[Agent | SweepdError | None]:
        """For each the agent, what it is refused for, or None."""
        found = agents.find_beating_some(connection, {beat.agent_pk for beat in some})
        at = self._core.now()
        touched: dict[int, Agent] = {}
        outcomes: list[Agent | SweepdError | None] = []
        for beat in some:
            outcome: Agent | SweepdError | None
            try:
                if beat.agent_pk not in found:
                    raise NotFound(access.NO_SWEEP)
                agent, is_any_stopping = found[beat.agent_pk]
                access.check_member(beat.caller, agent.entity)
                outcome = None if is_any_stopping else agents.beaten(agent, beat.alive_runs, at)
            except SweepdError as error:
                outcome = error
            if isinstance(outcome, Agent):
                touched[outcome.pk] = outcome
            outcomes.append(outcome)
        agents.touch_some(connection, list(touched.values()))
        return outcomes
