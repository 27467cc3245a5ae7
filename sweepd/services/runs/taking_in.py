"""What a run's client streams: history, summary, events, console, and the news that it ended.

One request is one transaction. An acknowledged line is durable, and a request sent again changes
nothing. Stopping rules, `metric.target` and the end of the sweep take effect in the same
transaction, when the number arrives.
"""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sweepd.domain.errors import NotFound
from sweepd.domain.runs import ENDED, Run, RunHead, RunState
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.streams import forks
from sweepd.services.streams import shared as shared_runs
from sweepd.services.streams.lines import Lines, StreamPost, number_at, parse_line, step_of
from sweepd.services.sweeps import breaker, early_stops, endings, lifecycle, sweep_states
from sweepd.store import (
    first_reads,
    history,
    objectives,
    run_moments,
    runs,
    sweep_events,
    sweeps,
)
from sweepd.store.database import Connection
from sweepd.store.history import Stream
from sweepd.store.prepared import Question
from sweepd.store.sharing import in_a_thread

MANY_LINES = 200  # of a post: some milliseconds, with a row for each number of the sweep's metric


class History:
    """Takes in what clients stream."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def append(
        self,
        caller: Caller,
        entity: str,
        project: str,
        run_id: str,
        post: StreamPost,
        client_id: str | None = None,
    ) -> bool:
        """Store one request of a run's client.

        Args:
            client_id: Which of the clients of a shared run; None when there is only one.

        Returns:
            Whether the run has been asked to stop.

        Raises:
            NotFound: No such run: it was deleted, or never created.
        """
        take_in = self._taking_in(caller, entity, project, run_id, post, client_id)
        return self._tell(post, *self._core.db.write(take_in))

    async def append_async(
        self,
        caller: Caller,
        entity: str,
        project: str,
        run_id: str,
        post: StreamPost,
        client_id: str | None = None,
    ) -> bool:
        """As `append`, on the event loop: for a post that is read in a few milliseconds."""
        take_in = self._taking_in(caller, entity, project, run_id, post, client_id)
        ends, pk = post.is_complete, caller.entities.get(entity)

        def first() -> Sequence[Question]:
            if pk is None:
                return ()
            has_lines, is_shared = bool(post.history), client_id is not None
            return first_reads.of_post(pk, project, run_id, has_lines, ends, is_shared)

        stored = await self._core.db.write_async(take_in, first, takes_sweep=ends)
        return self._tell(post, *stored)

    def _taking_in(
        self,
        caller: Caller,
        entity: str,
        project: str,
        run_id: str,
        post: StreamPost,
        client_id: str | None,
    ) -> Callable[[Connection], tuple[Run | RunHead, bool]]:
        rows = [parse_line(line) for line in post.history.lines] if post.history else []

        def take_in(connection: Connection) -> tuple[Run | RunHead, bool]:
            if client_id is None and not post.is_complete:
                head = access.find_head(connection, caller, entity, project, run_id)
                if head is not None:
                    return self._take_in(connection, head, post, rows)
            run = access.find_run(connection, caller, entity, project, run_id)
            if run is None:
                raise NotFound(f"no run {entity}/{project}/{run_id}; it may have been deleted")
            if client_id is not None:
                in_a_thread(connection)
                return self._take_in(
                    connection, run, *shared_runs.as_appended(connection, run, post, client_id)
                )
            return self._take_in(connection, run, post, rows)

        return take_in

    def _tell(self, post: StreamPost, run: Run | RunHead, should_stop: bool) -> bool:
        self._core.changes.touch("run", run.pk)
        if run.sweep_pk is not None and (post.history or post.is_complete or post.summary):
            self._core.changes.touch("sweep", run.sweep_pk)
        return should_stop

    def _take_in(
        self,
        connection: Connection,
        run: Run | RunHead,
        post: StreamPost,
        rows: list[dict[str, Any]],
    ) -> tuple[Run | RunHead, bool]:
        """Store a post; returns the run as it was, and whether it should stop."""
        at = self._core.now()
        values: dict[str, Any] = {**run_moments.of_post(run, at)}
        sweep = sweeps.find_sweep_by_pk(connection, run.sweep_pk) if run.sweep_pk else None
        if _may_take_long(run, post, sweep):
            in_a_thread(connection)
        is_stop_due = False
        if post.history:
            values |= self._store_history(connection, run, post.history, rows)
        if post.events:
            values |= self._store_events(connection, run, post.events)
        n_console = run.console_lines
        for block in post.console:
            n_console = history.append_lines(
                connection, run.pk, Stream.CONSOLE, block.first, block.lines, n_console
            )
        values["console_lines"] = n_console
        if post.summary is not None:
            values["summary"] = post.summary
        if sweep is not None and sweep.metric_name:
            fresh = rows[max(0, run.history_lines - post.history.first) :] if post.history else []
            metric = sweep.metric_name
            more, is_stop_due = self._store_objective(
                connection, run, sweep, metric, fresh, post.summary
            )
            values |= more
        runs.update_run(connection, run.pk, values)
        self._move(connection, run, post, at)
        should_stop = run.stop_requested
        if sweep is not None and (is_stop_due or post.is_complete):
            if is_stop_due and not post.is_complete:
                should_stop |= early_stops.judge(connection, sweep, run.pk, at)
            self._end_on_target(connection, sweep, run.pk, at)
            if post.is_complete:
                if post.exitcode:
                    breaker.trip_if_alike(connection, sweep.pk, at)
                endings.finish_if_done(connection, sweep.pk, at)
        return run, should_stop

    def _move(
        self, connection: Connection, known: Run | RunHead, post: StreamPost, at: datetime
    ) -> None:
        is_going = known.state in (RunState.RUNNING, RunState.PREEMPTING)
        if is_going and not post.is_preempting and not post.is_complete:
            return
        run = _whole(connection, known)
        if post.is_complete:
            if post.is_preempting and not run.is_preempting and run.state not in ENDED:
                run = lifecycle.start_run(connection, run, at)
                run = lifecycle.mark_preempting(connection, run, at)
            exitcode = 0 if post.exitcode is None else post.exitcode
            lifecycle.end_run(connection, run, exitcode, at)
            return
        if run.state is RunState.FINISHED or (run.state in ENDED and run.exitcode is not None):
            return  # a request that overtook `complete`; only the latter says the state
        run = lifecycle.start_run(connection, run, at)
        if post.is_preempting:
            lifecycle.mark_preempting(connection, run, at)

    def _store_history(
        self, connection: Connection, run: Run | RunHead, block: Lines, rows: list[dict[str, Any]]
    ) -> dict[str, Any]:
        steps = [step for row in rows if (step := step_of(row)) != -1]
        span = (min(steps), max(steps)) if steps else (-1, -1)
        if block.first < run.history_lines:
            forks.before_overwriting(connection, _whole(connection, run), block.first)
        n_lines = history.append_lines(
            connection, run.pk, Stream.HISTORY, block.first, block.lines, run.history_lines, span
        )
        return {"history_lines": n_lines, "last_step": max(run.last_step, span[1])}

    def _store_events(
        self, connection: Connection, run: Run | RunHead, block: Lines
    ) -> dict[str, Any]:
        n_lines = history.append_lines(
            connection, run.pk, Stream.EVENTS, block.first, block.lines, run.events_lines
        )
        return {"events_lines": n_lines, "system_metrics": block.lines[-1]}

    def _store_objective(
        self,
        connection: Connection,
        run: Run | RunHead,
        sweep: Sweep,
        name: str,
        rows: list[dict[str, Any]],
        summary: str | None,
    ) -> tuple[dict[str, Any], bool]:
        """The sweep's metric among new rows; a summary counts where the history has none."""
        found = [(step_of(row), number_at(row, name)) for row in rows]
        finite = [(s, v) for s, v in found if v is not None and math.isfinite(v)]
        if any(v is not None and not math.isfinite(v) for _, v in found):
            sweep_events.append_warning_once(
                connection,
                sweep.pk,
                self._core.now(),
                f"run {run.run_id} logged {name} as NaN or infinite; such values are kept in its "
                "history and left out of the search",
            )
        low, high, last = run.metric_min, run.metric_max, run.metric_last
        if finite:
            n, best = objectives.last_value(connection, run.pk) or (0, finite[0][1])
            arrived = int(self._core.now().timestamp() * 1e6)
            batch = []
            for step, value in finite:
                n, best = n + 1, sweep.metric_goal.best((best, value))
                batch.append(
                    {
                        "run_pk": run.pk,
                        "sweep_pk": sweep.pk,
                        "n": n,
                        "step": step,
                        "value": value,
                        "best": best,
                        "at": arrived,
                    }
                )
            objectives.append_values(connection, batch)
            numbers = [value for _, value in finite]
            last = numbers[-1]
            low = min(numbers) if low is None else min(low, *numbers)
            high = max(numbers) if high is None else max(high, *numbers)
        elif summary is not None:
            final = number_at(parse_line(summary), name)
            if final is not None and math.isfinite(final) and final != last:
                last = final
                low = final if low is None else min(low, final)
                high = final if high is None else max(high, final)
        values = {"metric_last": last, "metric_min": low, "metric_max": high}
        return values, bool(finite) or last != run.metric_last

    def _end_on_target(
        self, connection: Connection, sweep: Sweep, run_pk: int, at: datetime
    ) -> None:
        target = early_stops.target_of(sweep)
        if target is None:
            return
        run = runs.get_run_by_pk(connection, run_pk)
        best = sweep.metric_goal.extreme(run.metric_min, run.metric_max)
        if best is not None and sweep.metric_goal.reaches(best, target):
            sweep_states.set_sweep_state(
                connection,
                sweep,
                SweepState.FINISHED,
                f"run {run.run_id} reached {sweep.metric_name} = {best:g}, the target is "
                f"{target:g}",
                "",
                at,
            )


def _may_take_long(run: Run | RunHead, post: StreamPost, sweep: Sweep | None) -> bool:
    """Whether it has many lines, writes over lines that forks may share, or has numbers that a rule
    may compare with those of all runs."""
    blocks = [block for block in (post.history, post.events, *post.console) if block]
    if sum(len(block.lines) for block in blocks) > MANY_LINES:
        return True
    if post.history and post.history.first < run.history_lines:
        return True
    has_values = post.history is not None or post.summary is not None
    return sweep is not None and has_values and early_stops.may_judge(sweep)


def _whole(connection: Connection, run: Run | RunHead) -> Run:
    return run if isinstance(run, Run) else runs.get_run_by_pk(connection, run.pk, lock=True)
