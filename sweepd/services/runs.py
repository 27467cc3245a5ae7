"""Runs as their owner sees them: create, change, find, stop, delete."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.ids import check_run_id, new_short_id
from sweepd.domain.memorable import run_name
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run, RunState
from sweepd.domain.users import Caller
from sweepd.services import access, deletions, endings, filters, forks, lifecycle, rewinds
from sweepd.services.core import Core
from sweepd.services.selections import Selections
from sweepd.services.shared_runs import merge_configs
from sweepd.store import projects, runs, sweeps
from sweepd.store.database import Connection


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
        self._selections = Selections()

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
            run = runs.find_run(connection, owner.pk, name, deleted=True, lock=True)
            if run is None:  # of several who create it at once, one does
                projects.lock_project(connection, owner.pk)
                run = runs.find_run(connection, owner.pk, name, deleted=True)
            if run is not None and run.deleted_at is not None:
                if not (change.is_from_client or change.state):
                    raise NotFound(f"run {owner.entity}/{owner.name}/{name} was deleted")
                deletions.purge(connection, run)
                run = None
            inserted = run is None
            if run is None:
                run = self._create(connection, caller, owner, name, change, at)
            else:
                if _begins_anew(run, change, resumes):
                    rewinds.begin_anew(connection, run)
                self._change(connection, run, change, at)
            if change.is_from_client and change.config is not None:
                forks.begin(connection, _get(connection, run.pk), change.config)
            return _get(connection, run.pk), inserted

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
        if change.is_from_client:
            lifecycle.begin_run(connection, run, at)
            values["heartbeat_at"] = at
        runs.update_run(connection, run.pk, {**values, "updated_at": at})

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
        """Some of the runs that `select` would give, and how many there are in all.

        What one page found is kept for the next; see `selections`.

        Args:
            start: Position of the first, from 0.
            n: How many; all the rest when None.

        Raises:
            BadInput: As `filters.select`.
        """
        with self._core.db.read() as connection:
            pks = self._selections.select(connection, project.pk, where, order)
            wanted = pks[start:] if n is None else pks[start : start + n]
            return runs.list_runs_by_pk(connection, wanted), len(pks)

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
        self._mark(
            pk,
            lambda c: deletions.delete(
                c, caller, access.get_run_by_pk(c, caller, pk), keep_config, self._core.now()
            ),
        )

    def undelete(self, caller: Caller, pk: int) -> None:
        """Bring a deleted run back."""
        self._mark(
            pk,
            lambda c: deletions.undelete(c, access.get_run_by_pk(c, caller, pk), self._core.now()),
        )

    def _mark(self, pk: int, mark: Callable[[Connection], None]) -> None:
        def write(connection: Connection) -> int | None:
            mark(connection)
            return _get(connection, pk).sweep_pk

        self._core.changes.touch("sweep", self._core.db.write(write))
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
            rewinds.rewind(connection, run, step, self._core.now())
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
    """A `wandb.init` of another process on an id that has data, without resume or sharing.

    Also while the run counts as running: its process was killed, most often, and has not been
    missed yet. A client says its host only when it begins, and streams only after the answer.
    """
    has_data = bool(run.history_lines or run.events_lines or run.console_lines)
    return change.is_from_client and has_data and not (resumes or change.is_shared)


def _get(connection: Connection, pk: int) -> Run:
    run = runs.find_run_by_pk(connection, pk)
    assert run is not None
    return run
