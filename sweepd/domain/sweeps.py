"""A sweep, its cells and its agents: states and what we keep about them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sweepd.domain.goals import Goal
from sweepd.domain.runs import RunState, StopOrigin


class SweepState(StrEnum):
    """States of a sweep, in the client's words."""

    PENDING = "PENDING"  # no agent yet
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"  # agents wait; running runs go on
    FINISHED = "FINISHED"  # nothing can come any more, or `--stop`; running runs go on
    CANCELED = "CANCELED"  # running runs are stopped


class CellState(StrEnum):
    """Where one config of a sweep is in its life."""

    QUEUED = "queued"  # to be handed out: returned, retried or put in by hand
    RESERVED = "reserved"  # an attempt is pending or running
    DONE = "done"  # an attempt finished, or was stopped by a rule
    FAILED = "failed"  # no attempt will be made unless somebody asks
    CANCELED = "canceled"  # taken out with the sweep; comes back when that is resumed
    DROPPED = "dropped"  # taken out for good: by an edit, or with its deleted run


OPEN_CELLS = frozenset({CellState.QUEUED, CellState.RESERVED})
UNCOUNTED_CELLS = frozenset({CellState.CANCELED, CellState.DROPPED})  # not against `run_cap`


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as stored. `config_yaml` is the text as the client sent it."""

    pk: int
    project_pk: int
    entity: str
    project: str
    sweep_id: str
    display_name: str | None
    description: str | None
    state: SweepState
    state_reason: str
    config_yaml: str
    method: str
    metric_name: str | None
    metric_goal: Goal
    run_cap: int | None
    n_configs: int | None  # runs of a grid or of a `distinct` space; None: no end of its own
    next_index: int  # grid: first cell not yet looked at; else: how many draws were made
    n_cells: int  # configs taken, cancelled ones left out; `run_cap` bounds it
    n_open: int  # of these, queued or reserved
    n_prior: int  # earlier runs attached; not in n_cells, the cap does not count them
    n_outside: int  # runs attached or queued by hand beyond the places of a finite search
    seed: int
    retries: int
    controller: str  # JSON
    scheduler: str  # JSON
    user_name: str | None
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    deleted_at: datetime | None

    @property
    def n_expected(self) -> int | None:
        """How many runs the sweep has when it is done, attached ones included; None: no end."""
        return expected_runs(self.n_configs, self.run_cap, self.n_prior, self.n_outside)

    @property
    def path(self) -> str:
        """`entity/project/sweep`, as commands take it."""
        return f"{self.entity}/{self.project}/{self.sweep_id}"


class CellOrigin(StrEnum):
    """Where a config came from."""

    SEARCH = "search"
    ENQUEUED = "enqueued"  # queued by hand, or by a scheduler outside
    PRIOR = "prior"  # of an earlier run that counts as a result


class EventKind(StrEnum):
    """What a line of a sweep's log tells of."""

    CREATED = "created"
    STATE = "state"
    EDIT = "edit"
    ENQUEUE = "enqueue"
    RETRY = "retry"
    STOP = "stop"
    WARNING = "warning"


def expected_runs(
    n_configs: int | None, run_cap: int | None, n_prior: int = 0, n_outside: int = 0
) -> int | None:
    """How many runs a sweep comes to; the one number that clients, commands and pages tell.

    Args:
        n_configs: Runs of a finite search, else None.
        run_cap: What it may hand out, else None.
        n_prior: Earlier runs attached, which the cap does not count.
        n_outside: Of attached and hand-queued runs, those that take no place of a finite search.
    """
    bounds = []
    if n_configs is not None:
        bounds.append(n_configs + n_outside)
    if run_cap is not None:
        bounds.append(run_cap + n_prior)
    return min(bounds, default=None)


def count_text(n: int) -> str:
    """A count for people: 1,000,000, and about 10³⁰ as `about 10^30`."""
    if n < 10**15:
        return f"{n:,}"
    digits = int((n.bit_length() - 1) * 0.30103)
    return f"about 10^{digits if n < 10 ** (digits + 1) else digits + 1}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One config of a sweep. Runs point to it by key: what a script writes changes nothing."""

    pk: int
    sweep_pk: int
    key: str
    state: CellState
    config: str  # JSON object, nested as the script sees it
    n_attempts: int
    n_lost: int  # attempts that fell silent or never started
    origin: CellOrigin
    run_id: str | None  # the run made for it in advance (enqueued), else None


class AgentState(StrEnum):
    """Whether a process that asks for runs is still there, in the client's words."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"  # told to leave
    LOST = "LOST"  # not heard of for longer than the setting allows


@dataclass(frozen=True, slots=True)
class Agent:
    """A process which asks for runs."""

    pk: int
    sweep_pk: int
    entity: str
    name: str
    host: str
    created_at: datetime
    heartbeat_at: datetime | None
    exited_at: datetime | None
    alive_runs: tuple[str, ...]  # ids of the runs alive at its last heartbeat
    n_runs: int | None  # None when they were not counted


@dataclass(frozen=True, slots=True)
class SweepEvent:
    """A line of a sweep's log: a change, who made it, or a warning."""

    at: datetime
    actor: str
    kind: EventKind
    message: str


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One run of a sweep, light enough to load ten thousand of them at once."""

    pk: int
    run_id: str
    display_name: str
    state: RunState
    stop_reason: str | None
    stop_origin: StopOrigin | None
    config: str  # the cell's config as JSON text
    summary: str  # JSON text
    metric_last: float | None
    metric_min: float | None
    metric_max: float | None
    n_history: int
    attempt: int
    agent: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    is_prior: bool = False  # attached, not made by the sweep


@dataclass(frozen=True, slots=True)
class SweepSummary:
    """What a list of sweeps says of each; least and greatest metric over runs and steps."""

    n_runs: int
    n_ended: int
    metric_min: float | None
    metric_max: float | None
