"""One execution of a script: its states and what we keep about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sweepd.domain.projects import TRASH


class RunState(StrEnum):
    """States of a run, in the client's words."""

    PENDING = "pending"  # handed out, or created without a live client
    RUNNING = "running"  # a client sent something for it
    FINISHED = "finished"  # it said exit code 0
    FAILED = "failed"  # it said another exit code, or never started
    CRASHED = "crashed"  # it fell silent
    KILLED = "killed"  # it ended after somebody or a rule asked it to stop
    PREEMPTING = "preempting"  # it said that its machine is about to go
    PREEMPTED = "preempted"  # and then it went


class StopOrigin(StrEnum):
    """Who asked a run to stop."""

    RULE = "rule"  # early_terminate, or the local controller's
    PERSON = "person"
    SWEEP = "sweep"  # it was canceled


STOPPED = {
    StopOrigin.RULE: "stopped early",
    StopOrigin.PERSON: "stopped",
    StopOrigin.SWEEP: "canceled",
}


LIVE = frozenset({RunState.PENDING, RunState.RUNNING, RunState.PREEMPTING})
ENDED = frozenset(RunState) - LIVE


def state_after_exit(exitcode: int, stop_requested: bool, preempting: bool) -> RunState:
    """The state of a run whose client said `complete`.

    A run asked to stop is killed whatever its code; one that announced preemption and left with
    an error is preempted; else the code decides.
    """
    if stop_requested and exitcode != 0:
        return RunState.KILLED
    if exitcode == 0:
        return RunState.FINISHED
    return RunState.PREEMPTED if preempting else RunState.FAILED


def outcome(state: RunState, origin: StopOrigin | None) -> str:
    """A state in the words people read: who stopped a run is said only of runs that stopped.

    A script may end with code 0 when it is told to stop: then it is `finished` for the client, and
    stopped all the same. One that crashed or failed did so whoever had asked it to stop.
    """
    if state in (RunState.KILLED, RunState.FINISHED) and origin is not None:
        return STOPPED[origin]
    return str(state)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as stored. `config` and `summary` are JSON text as the client sent it."""

    pk: int
    project_pk: int
    entity: str
    project: str
    run_id: str
    display_name: str
    state: RunState
    sweep_pk: int | None
    sweep_id: str | None
    cell_pk: int | None
    attempt: int
    agent_pk: int | None
    user_name: str | None
    config: str
    summary: str
    system_metrics: str
    group_name: str | None
    job_type: str | None
    description: str | None
    notes: str | None
    tags: tuple[str, ...]
    commit_sha: str | None
    repo: str | None
    host: str | None
    program: str | None
    exitcode: int | None
    stop_requested: bool
    stop_reason: str | None
    stop_origin: StopOrigin | None
    stop_requested_at: datetime | None
    is_preempting: bool
    history_lines: int
    events_lines: int
    console_lines: int
    last_step: int
    parent_pk: int | None  # of a fork, as long as it reads its first lines there
    inherited_lines: int  # history lines that are read in the parent
    rewrites: int  # grows when lines of history or events are replaced or cut off
    metric_last: float | None
    metric_min: float | None
    metric_max: float | None
    deliveries: int
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime
    deleted_at: datetime | None

    @property
    def is_gone(self) -> bool:
        """Whether it, or its project, was deleted."""
        return self.deleted_at is not None or self.entity == TRASH


class RunHead(NamedTuple):
    """Of a Run, under the same names, what a post of its client looks at."""

    pk: int
    run_id: str
    state: RunState
    sweep_pk: int | None
    cell_pk: int | None
    exitcode: int | None
    stop_requested: bool
    history_lines: int
    events_lines: int
    console_lines: int
    last_step: int
    metric_last: float | None
    metric_min: float | None
    metric_max: float | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """One line of a run's terminal output."""

    number: int  # from 0
    timestamp: str  # ISO, UTC, no zone; "" when unknown
    is_error: bool
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run, already uploaded."""

    pk: int
    run_pk: int
    path: str
    size_bytes: int
    md5: str  # base64
    mimetype: str
    blob: str
    updated_at: datetime


SEVERITIES = ("INFO", "WARN", "ERROR")


@dataclass(frozen=True, slots=True)
class Alert:
    """What a script called out with `run.alert`; `severity` is one of SEVERITIES."""

    title: str
    body: str
    severity: str
    at: datetime
    run_id: str
    run_name: str
