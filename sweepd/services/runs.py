"""Runs as their owner sees them: create, change, find, stop, delete."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.ids import check_run_id, new_short_id
from sweepd.domain.memorable import run_name
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run, RunState
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services import access, endings, filters, lifecycle, specs
from sweepd.services.core import Core
from sweepd.services.selections import Selections
from sweepd.services.shared_runs import merge_configs
from sweepd.services.streams import parse_line
from sweepd.store import history, objectives, runs, sweeps
from sweepd.store.database import Connection
from sweepd.store.history import Stream


@dataclass(frozen=True, slots=True)
class RunChange:
    """What a client says about a run; None leaves a field as it is."""

    config: str | None = None
    summary: str | None = None
    display_name: str | None = None
    group_name: str | None = None
    job_type: str | None = None
    description: str | None = None
    notes: str | None = None
    tags: Sequence[str] | None = None
    commit_sha: str | None = None
    repo: str | None = None
    host: str | None = None
    program: str | None = None
    state: str | None = None
    sweep_id: str | None = None
    is_shared: bool = False  # said by one of several clients that write the run

    @property
    def is_from_client(self) -> bool:
        """Whether a `wandb.init` said this: only then the host and program are named."""
        return self.host is not None or self.program is not None

    def columns(self) -> dict[str, Any]:
        """The columns to set."""
        names = (
            "config", "summary", "display_name", "group_name", "job_type", "description", "notes",
            "commit_sha", "repo", "host", "program",
        )  # fmt: skip
        values = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.tags is not None:
            values["tags"] = json.dumps(list(self.tags))
        return values


class Runs:
    """What clients and people do with runs."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._selections = Selections(core)

    def upsert(
        self,
        caller: Caller,
        entity: str | None,
        project: str | None,
        run_id: str | None,
        change: RunChange,
        resumes: bool = False,
    ) -> tuple[Run, bool]:
        """Create a run or change it; saying the same again changes nothing.

        Args:
            run_id: Made up when None.
            resumes: The client means to go on with the run; else a run that had ended begins anew.

        Returns:
            The run, and whether it was created.

        Raises:
            NotFound: The caller does not belong to the entity.
            BadInput: A name or value cannot be taken.
        """

        def upsert(connection: Connection) -> tuple[Run, bool]:
            owner = access.ensure_project(connection, caller, self._core, entity, project)
            at = self._core.now()
            name = check_run_id(run_id) if run_id else self._fresh_id(connection, owner)
            run = runs.find_run(connection, owner.pk, name, deleted=True)
            if run is not None and _is_deleted(connection, run):
                runs.purge_run(connection, run.pk)
                run = None
            if run is None:
                return self._create(connection, caller, owner, name, change, at), True
            if _begins_anew(run, change, resumes or change.is_shared):
                self._restart(connection, run)
            self._change(connection, run, change, at)
            return _get(connection, run.pk), False

        run, inserted = self._core.db.write(upsert)
        self._core.changes.touch("run", run.pk)
        self._core.changes.touch("sweep", run.sweep_pk)
        return run, inserted

    def change(self, caller: Caller, pk: int, change: RunChange) -> Run:
        """Change a run by our key.

        Raises:
            NotFound: None that the caller may see.
        """

        def update(connection: Connection) -> Run:
            run = access.get_run_by_pk(connection, caller, pk)
            self._change(connection, run, change, self._core.now())
            return _get(connection, pk)

        run = self._core.db.write(update)
        self._core.changes.touch("run", run.pk)
        self._core.changes.touch("sweep", run.sweep_pk)
        return run

    def _create(
        self,
        connection: Connection,
        caller: Caller,
        owner: Project,
        run_id: str,
        change: RunChange,
        at: datetime,
    ) -> Run:
        number = runs.count_runs(connection, owner.pk) + 1
        state = RunState.PENDING if change.state == RunState.PENDING else RunState.RUNNING
        sweep = change.sweep_id and sweeps.find_sweep(connection, owner.pk, change.sweep_id)
        values = {
            "display_name": run_name(number, in_sweep=bool(sweep)),
            **change.columns(),
            "project_id": owner.pk,
            "run_id": run_id,
            "state": state,
            "user_id": caller.user_pk,
            "sweep_pk": sweep.pk if sweep else None,
            "created_at": at,
            "started_at": at if state is RunState.RUNNING else None,
            "heartbeat_at": at if state is RunState.RUNNING else None,
            "updated_at": at,
        }
        return _get(connection, runs.create_run(connection, values))

    def _change(self, connection: Connection, run: Run, change: RunChange, at: datetime) -> None:
        values = change.columns()
        if change.is_shared and change.config is not None:
            values["config"] = merge_configs(run.config, change.config)
        if change.is_from_client and run.state not in (RunState.RUNNING, RunState.PREEMPTING):
            lifecycle.start_run(connection, run, at)
            values["heartbeat_at"] = at
        runs.update_run(connection, run.pk, {**values, "updated_at": at})

    def _restart(self, connection: Connection, run: Run) -> None:
        """The same id without resume: the service starts its history over."""
        for stream in Stream:
            history.delete_lines(connection, run.pk, stream)
        objectives.delete_values(connection, run.pk)
        runs.update_run(
            connection,
            run.pk,
            {
                "history_lines": 0, "events_lines": 0, "console_lines": 0, "last_step": -1,
                "summary": "{}", "metric_last": None, "metric_min": None, "metric_max": None,
                "exitcode": None,
            },
        )  # fmt: skip

    def get(self, caller: Caller, entity: str | None, project: str | None, run_id: str) -> Run:
        """A run by its path.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return access.get_run(connection, caller, entity, project, run_id)

    def find(
        self, caller: Caller, entity: str | None, project: str | None, run_id: str
    ) -> Run | None:
        """As `get`, but None when there is none."""
        try:
            return self.get(caller, entity, project, run_id)
        except NotFound:
            return None

    def get_by_pk(self, caller: Caller, pk: int) -> Run:
        """A run by our key.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return access.get_run_by_pk(connection, caller, pk)

    def select(self, project: Project, where: str | None, order: str | None) -> list[Run]:
        """A project's runs that pass a filter, ordered; see `filters.select`."""
        return filters.select(self.list_all(project), where, order)

    def select_page(
        self, project: Project, where: str | None, order: str | None, start: int, n: int | None
    ) -> tuple[list[Run], int]:
        """Some of the runs that `select` would give; see `Selections.page`."""
        return self._selections.page(project, where, order, start, n)

    def list_all(self, project: Project) -> list[Run]:
        """A project's runs, oldest first."""
        with self._core.db.read() as connection:
            return runs.list_project_runs(connection, project.pk)

    def set_state(self, caller: Caller, pk: int, state: str) -> None:
        """What `Run.update_state` asks for.

        Raises:
            BadInput: Not a state, or not a change a user may make.
        """
        try:
            wanted = RunState(state)
        except ValueError as error:
            raise BadInput(
                f"a run's state is one of {', '.join(RunState)}; got {state!r}"
            ) from error

        def update(connection: Connection) -> None:
            run = access.get_run_by_pk(connection, caller, pk)
            lifecycle.set_run_state(connection, run, wanted, self._core.now())

        self._core.db.write(update)

    def stop(self, caller: Caller, pk: int) -> bool:
        """Ask a run to stop; False when it had already ended."""

        def stop(connection: Connection) -> bool:
            run = access.get_run_by_pk(connection, caller, pk)
            at = self._core.now()
            asked = lifecycle.request_stop(connection, run, f"stopped by {caller.name}", at)
            if asked and run.state is RunState.PENDING and run.agent_pk is None:
                lifecycle.lose_run(connection, _get(connection, pk), 0, "stopped", at)
            if run.sweep_pk is not None:
                endings.finish_if_done(connection, run.sweep_pk, at)
            return asked

        done = self._core.db.write(stop)
        self._core.changes.touch("run", pk)
        return done

    def delete(self, caller: Caller, pk: int, keep_config: bool = False) -> None:
        """Hide a run; `undelete` brings it back.

        A sweep's config is free again, so in a finite space it is handed out once more (by a sweep
        that has ended, once it is resumed), unless `keep_config` says that it stays done.
        """
        self._mark_deleted(caller, pk, deleted=True, keep_config=keep_config)

    def undelete(self, caller: Caller, pk: int) -> None:
        """Bring a deleted run back."""
        self._mark_deleted(caller, pk, deleted=False)

    def _mark_deleted(
        self, caller: Caller, pk: int, deleted: bool, keep_config: bool = True
    ) -> None:
        def mark(connection: Connection) -> int | None:
            run = access.get_run_by_pk(connection, caller, pk)
            at = self._core.now()
            if deleted and run.state in (RunState.PENDING, RunState.RUNNING, RunState.PREEMPTING):
                lifecycle.request_stop(connection, run, f"deleted by {caller.name}", at)
                lifecycle.lose_run(connection, _get(connection, pk), 0, "deleted", at)
            runs.update_run(
                connection, pk, {"deleted_at": at if deleted else None, "updated_at": at}
            )
            if run.sweep_pk is not None and run.sweep_id is not None:
                sweep = sweeps.find_sweep_by_pk(connection, run.sweep_pk, lock=True)
                if not deleted:
                    lifecycle.take_cell_back(connection, run)
                elif sweep is not None and not keep_config:
                    is_finite = sweep.n_configs is not None or (
                        specs.spec_of(sweep).space.n_configs is not None
                    )
                    if lifecycle.free_cell(connection, _get(connection, pk), is_finite):
                        message = f"run {run.run_id} was deleted; its config is free again"
                        sweeps.append_event(connection, sweep.pk, at, caller.name, "retry", message)
                if sweep is not None and sweep.state is SweepState.RUNNING:
                    endings.finish_if_done(connection, sweep.pk, at)
            return run.sweep_pk

        self._core.changes.touch("sweep", self._core.db.write(mark))
        self._core.changes.touch("run", pk)

    def rewind(
        self, caller: Caller, entity: str | None, project: str | None, run_id: str, step: int
    ) -> Run:
        """Cut a run's history after a step; doing it again changes nothing.

        Raises:
            NotFound: None that the caller may see.
        """

        def rewind(connection: Connection) -> Run:
            run = access.get_run(connection, caller, entity, project, run_id)
            found = history.read_lines(connection, run.pk, Stream.HISTORY)
            kept = [line for _, line in found if parse_line(line).get("_step", 0) <= step]
            history.delete_lines(connection, run.pk, Stream.HISTORY)
            if kept:
                history.append_lines(connection, run.pk, Stream.HISTORY, 0, kept, 0, (0, step))
            objectives.delete_values_after(connection, run.pk, step)
            runs.update_run(
                connection,
                run.pk,
                {"history_lines": len(kept), "last_step": min(run.last_step, step)},
            )
            return _get(connection, run.pk)

        return self._core.db.write(rewind)

    def _fresh_id(self, connection: Connection, project: Project) -> str:
        while True:
            run_id = new_short_id()
            if runs.find_run(connection, project.pk, run_id, deleted=True) is None:
                return run_id


def is_started(run: Run) -> bool:
    """Whether a client has begun this run: its config holds the client's telemetry."""
    config: Mapping[str, Any] = json.loads(run.config or "{}")
    private = config.get("_wandb")
    value = private.get("value") if isinstance(private, dict) else None
    return isinstance(value, dict) and "t" in value


def _begins_anew(run: Run, change: RunChange, resumes: bool) -> bool:
    """A fresh `wandb.init` on an id whose run has ended; later upserts of a live one are not."""
    has_data = bool(run.history_lines or run.events_lines or run.console_lines)
    has_ended = run.state not in (RunState.RUNNING, RunState.PENDING, RunState.PREEMPTING)
    return change.is_from_client and has_data and has_ended and not resumes


def _is_deleted(connection: Connection, run: Run) -> bool:
    return runs.find_run(connection, run.project_pk, run.run_id) is None


def _get(connection: Connection, pk: int) -> Run:
    run = runs.find_run_by_pk(connection, pk)
    assert run is not None
    return run
