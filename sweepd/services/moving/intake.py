"""Runs of elsewhere are taken in: each is made once, and what is there already is left alone.

A source names its runs alike each time it is read. So a second import goes on where the first
ended: lines that are there and say the same are not written again, others take their place.
"""

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

import anyio

from sweepd.domain.config import PRIVATE, private_part, wrap
from sweepd.domain.encoding import clean
from sweepd.domain.errors import Conflict
from sweepd.domain.runs import ENDED, SEVERITIES, Run, RunState
from sweepd.domain.users import Caller
from sweepd.services.core import Core
from sweepd.services.files.run_files import Files
from sweepd.services.moving.foreign import ForeignAlert, ForeignFile, ForeignRun, ForeignStreams
from sweepd.services.runs.runs import RunChange, Runs
from sweepd.services.runs.taking_in import History
from sweepd.services.streams import forks, rewinds
from sweepd.services.streams.console import console_text
from sweepd.services.streams.lines import Lines, StreamPost, parse_line
from sweepd.services.streams.reading import Reading, Stream
from sweepd.services.sweeps import brought_in, lifecycle
from sweepd.store import notices, runs, sweeps
from sweepd.store.database import Connection

LINES_AT_ONCE = 1_000
MARK = "imported_from"  # among the client's own notes in a config, where no script looks


class Intake:
    """Takes runs into one project of an entity."""

    def __init__(
        self,
        core: Core,
        services: tuple[Runs, History, Reading, Files],
        caller: Caller,
        entity: str,
        project: str,
    ) -> None:
        self._core = core
        self._runs, self._history, self._reading, self._files = services
        self._caller, self._entity, self._project = caller, entity, project

    def take(self, foreign: ForeignRun) -> bool:
        """Make a run, or bring it up to date.

        Returns:
            Whether anything was written.

        Raises:
            Conflict: A run of that id is there that did not come from this source; it is left
                as it is.
        """
        where = (self._caller, self._entity, self._project, foreign.run_id)
        known = self._runs.find(*where)
        if known is not None and _source(known) != foreign.source:
            raise Conflict(
                f"{self._entity}/{self._project} has a run {foreign.run_id} already, which did not "
                f"come from {foreign.source}; import into another project"
            )
        files = {
            name: file
            for name, file in foreign.files.items()
            if known is None or not self._has(known, name, file)
        }
        streams = foreign.lines
        change = _change(foreign)
        if known is not None and not files and self._is_same(known, foreign, streams, change):
            return False
        run, _ = self._runs.upsert(*where, change, resumes=True)
        run = self._fork(run, foreign.source)
        self._core.db.write(lambda connection: _open(connection, run, streams))
        run = self._runs.get_by_pk(self._caller, run.pk)
        self._append(foreign.run_id, Stream.HISTORY, self._held(run, Stream.HISTORY), streams)
        self._append(foreign.run_id, Stream.EVENTS, self._held(run, Stream.EVENTS), streams)
        console = map(console_text, self._reading.console(run))
        self._append(foreign.run_id, Stream.CONSOLE, console, streams)
        for name, file in files.items():
            self._keep(run, name, file)
        self._end(run, foreign)
        return True

    def find(self, run_id: str) -> Run | None:
        """A run of the project; None when there is none."""
        return self._runs.find(self._caller, self._entity, self._project, run_id)

    def _is_same(
        self, known: Run, foreign: ForeignRun, streams: ForeignStreams, change: RunChange
    ) -> bool:
        """Whether a run is here, whole: lines are compared where the source's clock cannot tell."""
        if known.state is not foreign.state:
            return False
        if foreign.streams is None:
            held = self._held(known, Stream.HISTORY)
            lines = list(streams.history())
            return _n_alike(held, lines) == len(lines)
        return (
            known.heartbeat_at == (foreign.ended_at or foreign.started_at)
            and not self._missing_alerts(known, foreign)
            and known.sweep_id == foreign.sweep_id
            and known.history_lines == streams.n_history
            and known.events_lines == streams.n_events
            and known.console_lines == streams.n_console
            and known.summary == json.dumps(dict(foreign.summary))
            and known.tags == tuple(foreign.tags)
            and all(
                getattr(known, name) in (wanted, wanted or None)
                for name, wanted in change.columns().items()
                if name != "tags"
            )
        )

    def _missing_alerts(self, run: Run, foreign: ForeignRun) -> list[ForeignAlert]:
        """Those that are not here yet; others, of a run that went on here, stay."""
        if not foreign.alerts:
            return []
        with self._core.db.read() as connection:
            here = notices.of_run(run.pk).all(connection)
        known = {(one.title, one.body, one.at) for one in here}
        told = [replace(o, title=clean(o.title), body=clean(o.body)) for o in foreign.alerts]
        return [o for o in told if (o.title, o.body, o.created_at) not in known]

    def _fork(self, run: Run, source: str) -> Run:
        """A fork without lines begins with its parent's, if that came from there, too."""
        point = forks.branch_point(run.run_id, run.config)
        parent = self.find(point[0]) if point is not None and not run.history_lines else None
        if parent is None or _source(parent) != source:
            return run
        return self._runs.begin_fork(self._caller, run.pk)

    def _held(self, run: Run, stream: Stream) -> list[str]:
        return self._reading.lines(run, stream)

    def _append(
        self, run_id: str, stream: Stream, held: Iterable[str], streams: ForeignStreams
    ) -> None:
        """Write a stream's lines from the first on that is not here or says something else."""
        where = (self._caller, self._entity, self._project, run_id)
        source = {
            Stream.HISTORY: streams.history,
            Stream.EVENTS: streams.events,
            Stream.CONSOLE: streams.console,
        }[stream]
        lines = iter(source())
        first = 0
        pending: list[str] = []
        for one in held:
            other = next(lines, None)
            if other is None or not _alike(one, other):
                pending = [] if other is None else [other]
                break
            first += 1
        while some := [*pending, *islice(lines, LINES_AT_ONCE - len(pending))]:
            block, pending = Lines(first, some), []
            self._history.append(*where, _post(stream, block))
            first += len(some)

    def _has(self, run: Run, name: str, file: ForeignFile) -> bool:
        held = self._files.find_file(run, name)
        is_alike = held is not None and held.size_bytes == file.size_bytes
        return is_alike and (file.md5 is None or held is None or held.md5 in ("", file.md5))

    def _keep(self, run: Run, name: str, file: ForeignFile) -> None:
        async def keep() -> None:
            body = parts_of(file)
            await self._files.put_run_file(run.pk, name, body, "", file.size_bytes, file.md5)

        anyio.run(keep)

    def _end(self, run: Run, foreign: ForeignRun) -> None:
        """State, times and sweep as they were; the last that is written of a run."""
        summary = dict(foreign.summary)
        alerts = self._missing_alerts(run, foreign)
        rows: list[dict[str, Any]] = []
        if foreign.sweep_id is not None:
            rows = [row for some in self._reading.batches(run, Stream.HISTORY) for row in some]

        def end(connection: Connection) -> None:
            at = self._core.now()
            found = runs.get_run_by_pk(connection, run.pk, lock=True)
            if found.state in ENDED and found.state is not foreign.state:
                found = lifecycle.start_run(connection, found, at)
            if found.state is not foreign.state:
                code = {RunState.FINISHED: 0, RunState.FAILED: 1}.get(foreign.state)
                found = lifecycle.move_run(connection, found, foreign.state, at, exitcode=code)
            began = foreign.started_at or foreign.ended_at or run.created_at
            ended = foreign.ended_at or began
            values = {
                "created_at": began,
                "started_at": began,
                "heartbeat_at": ended,
                "ended_at": ended,
                "summary": json.dumps(summary),
                "updated_at": at,
            }
            runs.update_run(connection, run.pk, values)
            for one in alerts:
                severity = one.severity if one.severity in SEVERITIES else SEVERITIES[0]
                told = (one.title, one.body, severity, one.created_at)
                notices.append_alert(connection, run.pk, *told, wait_s=0)
            if foreign.sweep_id is None:
                return
            sweep = sweeps.find_sweep(connection, found.project_pk, foreign.sweep_id)
            if sweep is not None:
                brought_in.attach(connection, sweep, found, foreign.config, at)
                brought_in.keep_metric(connection, sweep, found, rows, summary, at)

        self._core.db.write(end)
        self._core.changes.touch_run(run.pk, run.sweep_pk)


async def parts_of(file: ForeignFile) -> AsyncIterator[bytes]:
    """A file's bytes, for what stores them."""
    for part in file.read():
        yield part


def _open(connection: Connection, run: Run, streams: ForeignStreams) -> None:
    """Make a run ready for lines: without those its source took back, and no sweep's meanwhile."""
    has_more = (
        run.history_lines > streams.n_history
        or run.events_lines > streams.n_events
        or run.console_lines > streams.n_console
    )
    if has_more:
        rewinds.begin_anew(connection, run)
    if run.sweep_pk is not None:
        brought_in.detach(connection, run)


def _change(foreign: ForeignRun) -> RunChange:
    own = {**foreign.notes_of_client, MARK: foreign.source}
    return RunChange(
        config=json.dumps({**wrap(foreign.config), PRIVATE: {"value": own}}),
        display_name=foreign.name,
        notes=foreign.notes,
        tags=foreign.tags,
        group_name=foreign.group,
        description=foreign.description,
        job_type=foreign.job_type,
        commit_sha=foreign.commit_sha,
    )


def _post(stream: Stream, block: Lines) -> StreamPost:
    if stream is Stream.HISTORY:
        return StreamPost(history=block)
    return StreamPost(events=block) if stream is Stream.EVENTS else StreamPost(console=[block])


def _alike(one: str, other: str) -> bool:
    return one == other or repr(parse_line(one)) == repr(parse_line(other))


def _n_alike(held: list[str], lines: list[str]) -> int:
    """How many of the first lines are there and say the same."""
    for number, (one, other) in enumerate(zip(held, lines, strict=False)):
        if not _alike(one, other):
            return number
    return min(len(held), len(lines))


def _source(run: Run) -> object:
    return private_part(parse_line(run.config)).get(MARK)
