"""Which state may follow which: of sweeps, their cells, and runs. All else is refused.

A run's client is believed over our own guesses: a run that was given up on runs again as soon as
it sends something. How a run ended is said by its client (`complete`), by the lease watcher when
all is silent, or by a stop.
"""

from collections.abc import Mapping
from typing import TypeVar

from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import CellState, SweepState

_Run, _Cell, _Sweep = RunState, CellState, SweepState

RUN: dict[RunState, frozenset[RunState]] = {
    # Failed: handed out and never begun.
    _Run.PENDING: frozenset({_Run.RUNNING, _Run.FAILED, _Run.KILLED}),
    _Run.RUNNING: frozenset(
        {_Run.PREEMPTING, _Run.FINISHED, _Run.FAILED, _Run.CRASHED, _Run.KILLED, _Run.PREEMPTED}
    ),
    _Run.PREEMPTING: frozenset({_Run.FINISHED, _Run.KILLED, _Run.PREEMPTED}),
    _Run.FINISHED: frozenset({_Run.RUNNING}),
    _Run.FAILED: frozenset({_Run.RUNNING}),
    _Run.CRASHED: frozenset({_Run.RUNNING}),
    _Run.KILLED: frozenset({_Run.RUNNING}),
    _Run.PREEMPTED: frozenset({_Run.RUNNING, _Run.PENDING}),  # pending: handed out again
}

# By hand (`Run.update_state`), of runs that belong to no sweep.
RUN_BY_USER: dict[RunState, frozenset[RunState]] = {
    _Run.PENDING: frozenset({_Run.FAILED}),
    _Run.RUNNING: frozenset({_Run.FAILED, _Run.PENDING}),
    _Run.PREEMPTING: frozenset(),
    _Run.FINISHED: frozenset(),
    _Run.FAILED: frozenset({_Run.PENDING}),
    _Run.CRASHED: frozenset({_Run.PENDING}),
    _Run.KILLED: frozenset(),
    _Run.PREEMPTED: frozenset({_Run.PENDING}),
}

CELL: dict[CellState, frozenset[CellState]] = {
    # Done or failed: a stray attempt ends, or a deleted run is brought back.
    _Cell.QUEUED: frozenset(
        {_Cell.RESERVED, _Cell.DONE, _Cell.FAILED, _Cell.CANCELED, _Cell.DROPPED}
    ),
    _Cell.RESERVED: frozenset(
        {_Cell.QUEUED, _Cell.DONE, _Cell.FAILED, _Cell.CANCELED, _Cell.DROPPED}
    ),
    _Cell.DONE: frozenset({_Cell.QUEUED, _Cell.DROPPED}),
    _Cell.FAILED: frozenset({_Cell.QUEUED, _Cell.RESERVED, _Cell.DONE, _Cell.DROPPED}),
    _Cell.CANCELED: frozenset({_Cell.QUEUED, _Cell.RESERVED, _Cell.DONE}),
    _Cell.DROPPED: frozenset({_Cell.QUEUED, _Cell.RESERVED, _Cell.DONE, _Cell.FAILED}),
}

SWEEP: dict[SweepState, frozenset[SweepState]] = {
    _Sweep.PENDING: frozenset({_Sweep.RUNNING, _Sweep.PAUSED, _Sweep.FINISHED, _Sweep.CANCELED}),
    _Sweep.RUNNING: frozenset({_Sweep.PAUSED, _Sweep.FINISHED, _Sweep.CANCELED}),
    _Sweep.PAUSED: frozenset({_Sweep.RUNNING, _Sweep.FINISHED, _Sweep.CANCELED}),
    _Sweep.FINISHED: frozenset({_Sweep.RUNNING}),
    _Sweep.CANCELED: frozenset({_Sweep.RUNNING}),
}


_State = TypeVar("_State", RunState, CellState, SweepState)


class ImpossibleChange(Exception):
    """A change of state that no table has: a fault of ours, unless asked for by hand."""


def check(table: Mapping[_State, frozenset[_State]], what: str, state: _State, new: _State) -> None:
    """Let a change pass that the table has.

    Args:
        what: The thing that changes, for the message: "sweep abc".

    Raises:
        ImpossibleChange: The table does not have it.
    """
    if new not in table[state]:
        ways = ", ".join(sorted(table[state])) or "nothing"
        raise ImpossibleChange(
            f"{what} is {state} and cannot become {new}; from there it becomes {ways}"
        )
