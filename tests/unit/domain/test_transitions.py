"""Which state may follow which; what the tables do not have is refused."""

import ast
import itertools
from pathlib import Path

import pytest

from sweepd.domain import transitions
from sweepd.domain.runs import ENDED, RunState
from sweepd.domain.sweeps import CellState, SweepState

ROOT = Path(__file__).parents[3]
TABLES = [
    (transitions.RUN, RunState),
    (transitions.RUN_BY_USER, RunState),
    (transitions.CELL, CellState),
    (transitions.SWEEP, SweepState),
]


@pytest.mark.parametrize(("table", "states"), TABLES)
def test_every_state_has_its_row_and_no_change_to_itself(table, states) -> None:
    assert set(table) == set(states)
    for old, new in itertools.product(states, states):
        if new in table[old]:
            assert new is not old
            transitions.check(table, "it", old, new)
        else:
            with pytest.raises(
                transitions.ImpossibleChange, match=f"it is {old} and cannot become {new}"
            ):
                transitions.check(table, "it", old, new)


def test_how_a_run_may_end() -> None:
    assert all(transitions.RUN[state] <= {RunState.RUNNING, RunState.PENDING} for state in ENDED)
    never_begun = transitions.RUN[RunState.PENDING]
    assert not never_begun & {RunState.FINISHED, RunState.CRASHED, RunState.PREEMPTED}
    by_user = set().union(*transitions.RUN_BY_USER.values())
    assert by_user == {RunState.PENDING, RunState.FAILED}


def test_what_is_over_comes_back_only_by_running_again() -> None:
    for state in (SweepState.FINISHED, SweepState.CANCELED):
        assert transitions.SWEEP[state] == {SweepState.RUNNING}
    assert all(SweepState.PENDING not in row for row in transitions.SWEEP.values())
    assert CellState.RESERVED not in transitions.CELL[CellState.DONE], "each config once"


@pytest.mark.slow
def test_states_are_written_in_one_place() -> None:
    """Outside three files nothing stores a run's, a cell's or a sweep's state but the first."""
    makers = {"create_run", "create_sweep"}
    writers = {"lifecycle.py", "cell_states.py", "sweep_states.py"}
    allowed = {"lifecycle.py", "sweeps.py", "changes.py", "uploads.py", "artifacts.py"}
    allowed |= {"brought_in.py"}
    files = list((ROOT / "sweepd/services").rglob("*.py"))
    assert len(files) > 50
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in {"update_run", "update_cell", "update_sweep"}:
                    stores_state = any(
                        isinstance(key, ast.Constant) and key.value == "state"
                        for part in ast.walk(node)
                        if isinstance(part, ast.Dict)
                        for key in part.keys
                    )
                    assert not stores_state or path.name in writers, path
                elif node.func.attr in makers:
                    assert path.name in allowed, path
