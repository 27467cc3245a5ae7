"""Deleted runs of a sweep free their config or keep it."""

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.store import cells, runs, sweep_runs
from tests.unit.services.handing_out import (
    make_sweep,
    register,
    set_state,
    state_of,
    work_off,
)

pytestmark = pytest.mark.both_databases


def configs(parts: server.Parts, sweep: Sweep) -> list[str]:
    with parts.core.db.read() as connection:
        found = [
            (run.created_at, run.pk, run.cell_pk)
            for run in sweep_runs.list_sweep_runs(connection, sweep.pk)
        ]
        by_pk = {cell.pk: cell.config for cell in cells.list_cells(connection, sweep.pk)}
    return [by_pk[pk] for _, _, pk in found if pk is not None]


@pytest.mark.parametrize("keep", [False, True])
def test_deleting_a_run_frees_or_keeps_its_config(
    parts: server.Parts, ann: Caller, keep: bool
) -> None:
    sweep = make_sweep(parts, ann)
    done = work_off(parts, ann, register(parts, ann, sweep))
    run = parts.services.runs.get(ann, None, "p", done[2])
    parts.services.runs.delete(ann, run.pk, keep_config=keep)
    set_state(parts, ann, sweep, "RUNNING")
    again = [] if keep else work_off(parts, ann, register(parts, ann, sweep))
    assert len(again) == (0 if keep else 1)
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED
    if again:
        with parts.core.db.read() as connection:
            fresh = runs.find_run(connection, sweep.project_pk, again[0])
        assert fresh is not None
        assert fresh.cell_pk == run.cell_pk


def test_undeleted_run_takes_its_config_back(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    done = work_off(parts, ann, register(parts, ann, sweep))
    run = parts.services.runs.get(ann, None, "p", done[0])
    parts.services.runs.delete(ann, run.pk)
    parts.services.runs.undelete(ann, run.pk)
    set_state(parts, ann, sweep, "RUNNING")
    assert work_off(parts, ann, register(parts, ann, sweep)) == []


def test_deleting_a_run_of_an_infinite_space_gives_the_cap_its_place_back(
    parts: server.Parts, ann: Caller
) -> None:
    text = "method: random\nrun_cap: 2\nprogram: t.py\nparameters: {a: {min: 0.0, max: 1.0}}\n"
    sweep = make_sweep(parts, ann, text)
    done = work_off(parts, ann, register(parts, ann, sweep))
    run = parts.services.runs.get(ann, None, "p", done[0])
    parts.services.runs.delete(ann, run.pk)
    set_state(parts, ann, sweep, "RUNNING")
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 1
    assert len(set(configs(parts, sweep))) == 2
