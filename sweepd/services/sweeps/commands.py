"""What an agent is told to do, and of which run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sweepd.domain.runs import Run, RunState
from sweepd.domain.sweeps import Agent, Cell, Sweep
from sweepd.services.sweeps import next_config as candidates
from sweepd.services.sweeps import specs
from sweepd.store import runs
from sweepd.store.database import Connection

STOP_GRACE_S = 20.0  # a script hears `stopped` on its file stream before its agent kills it


class CommandKind(StrEnum):
    """What an agent is told to do, in the client's words."""

    RUN = "run"
    RESUME = "resume"  # go on with a run that was preempted
    STOP = "stop"  # end the process of a run
    EXIT = "exit"  # nothing can come any more


@dataclass(frozen=True, slots=True)
class Command:
    """What an agent is told to do."""

    kind: CommandKind
    run_id: str | None = None
    program: str | None = None
    config: Mapping[str, Any] | None = None


def stops_of(
    connection: Connection, agent: Agent, alive_runs: frozenset[str], at: datetime
) -> list[Command]:
    """Which of the runs it has an agent should end now."""
    return [
        Command(CommandKind.STOP, run.run_id)
        for run in runs.list_stopping_runs(connection, agent.pk)
        if run.run_id in alive_runs and _kill_now(run, at)
    ]


def _kill_now(run: Run, at: datetime) -> bool:
    asked_at = run.stop_requested_at or at
    return run.state is RunState.PENDING or (at - asked_at).total_seconds() >= STOP_GRACE_S


def run_command(kind: CommandKind, sweep: Sweep, run_id: str, cell: Cell) -> Command:
    """What an agent is told of a run: the cell's values only, whatever the run's script added."""
    config = candidates.config_of(cell)
    return Command(kind, run_id, specs.spec_of(sweep).program, config)
