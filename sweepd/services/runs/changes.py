"""What a client says of a run, and what follows: it is made, begun, begun anew, forked, changed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sweepd.domain.config import private_part
from sweepd.domain.errors import NotFound
from sweepd.domain.ids import check_run_id, new_short_id
from sweepd.domain.memorable import run_name
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run, RunState
from sweepd.domain.users import Caller
from sweepd.services.runs import deletions
from sweepd.services.streams import forks, rewinds
from sweepd.services.streams.shared import merge_configs
from sweepd.services.sweeps import lifecycle
from sweepd.store import projects, run_counts, runs, sweeps
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection
from sweepd.store.sharing import by_itself


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

    @property
    def begins(self) -> bool:
        """Whether this may be meant to make a run, not only to say more of one."""
        return self.is_from_client or self.state is not None

    def columns(self) -> dict[str, Any]:
        """The columns to set."""
        names = (
            "config",
            "summary",
            "display_name",
            "group_name",
            "job_type",
            "description",
            "notes",
            "commit_sha",
            "repo",
            "host",
            "program",
        )
        values = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.tags is not None:
            values["tags"] = json.dumps(list(self.tags))
        return values


def upsert(
    connection: Connection,
    blobs: Blobs,
    caller: Caller,
    owner: Project,
    run_id: str | None,
    change: RunChange,
    resumes: bool,
    at: datetime,
) -> tuple[Run, bool]:
    """Create a run or change it; see `Runs.upsert`."""
    name = check_run_id(run_id) if run_id else _fresh_id(connection, owner)
    run = _find_or_make_room(connection, owner, name, change)
    if run is not None:
        return say_more(connection, blobs, run, change, resumes, at), False
    run = _create(connection, caller, owner, name, change, at)
    return _begin_fork(connection, blobs, run, change), True


def say_more(
    connection: Connection, blobs: Blobs, run: Run, change: RunChange, resumes: bool, at: datetime
) -> Run:
    """As `upsert`, of a run that is there and whose row is held."""
    if _begins_anew(run, change, resumes):
        by_itself(connection)
        rewinds.begin_anew(connection, run)
        run = runs.get_run_by_pk(connection, run.pk)
    elif _is_fork(run, change):
        by_itself(connection)
    return _begin_fork(connection, blobs, apply(connection, run, change, at), change)


def _is_fork(run: Run, change: RunChange) -> bool:
    config = change.config if change.is_from_client else None
    return config is not None and forks.branch_point(run.run_id, config) is not None


def _begin_fork(connection: Connection, blobs: Blobs, run: Run, change: RunChange) -> Run:
    if change.is_from_client and change.config is not None:
        return forks.begin(connection, blobs, run, change.config)
    return run


def apply(connection: Connection, run: Run, change: RunChange, at: datetime) -> Run:
    """Change a run that is there, its row held; what its client says first also begins it."""
    values = change.columns()
    if change.is_shared and change.config is not None:
        values["config"] = merge_configs(run.config, change.config)
    if change.is_from_client:
        run = lifecycle.begin_run(connection, run, at)
        values["heartbeat_at"] = at
    return runs.change_held(connection, run, {**values, "updated_at": at})


def _create(
    connection: Connection,
    caller: Caller,
    owner: Project,
    run_id: str,
    change: RunChange,
    at: datetime,
) -> Run:
    number = run_counts.count_runs(connection, owner.pk) + 1
    state = RunState.PENDING if change.state == RunState.PENDING else RunState.RUNNING
    sweep = change.sweep_id and sweeps.find_sweep(connection, owner.pk, change.sweep_id)
    values = {
        "display_name": run_name(number, in_sweep=bool(sweep)),
        **change.columns(),
        "project_pk": owner.pk,
        "run_id": run_id,
        "state": state,
        "user_pk": caller.user_pk,
        "sweep_pk": sweep.pk if sweep else None,
        "created_at": at,
        "started_at": at if state is RunState.RUNNING else None,
        "heartbeat_at": at if state is RunState.RUNNING else None,
        "updated_at": at,
    }
    return runs.create_run(connection, values)


def _find_or_make_room(
    connection: Connection, owner: Project, run_id: str, change: RunChange
) -> Run | None:
    """The run of that id; a deleted one is removed when a new one is meant.

    Raises:
        NotFound: It was deleted, and this is what its client goes on to say.
    """
    run = runs.find_run(connection, owner.pk, run_id, deleted=True, lock=True)
    if run is None:  # of several who create it at once, one does
        projects.lock_project(connection, owner.pk)
        run = runs.find_run(connection, owner.pk, run_id, deleted=True, lock=True)
    if run is None or run.deleted_at is None:
        return run
    if not change.begins:
        raise NotFound(f"run {owner.entity}/{owner.name}/{run_id} was deleted")
    deletions.purge(connection, run)
    return None


def _fresh_id(connection: Connection, project: Project) -> str:
    while True:
        run_id = new_short_id()
        if not runs.is_taken(connection, project.pk, run_id):
            return run_id


def _begins_anew(run: Run, change: RunChange, resumes: bool) -> bool:
    """A `wandb.init` of another process on an id that has data, without resume or sharing.

    Also while the run counts as running: its process was killed, most often, and has not been
    missed yet. A client says its host only when it begins, and streams only after the answer.
    """
    has_data = bool(run.history_lines or run.events_lines or run.console_lines)
    return change.is_from_client and has_data and not (resumes or change.is_shared)


def is_started(run: Run) -> bool:
    """Whether a client has begun this run: its config holds the client's telemetry."""
    return "t" in private_part(json.loads(run.config or "{}"))
