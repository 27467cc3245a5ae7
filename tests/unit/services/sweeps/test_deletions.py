"""Sweeps deleted and brought back, with their runs or without."""

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from tests.conftest import FakeClock
from tests.unit.services.handing_out import make_sweep, register, work_off

pytestmark = pytest.mark.both_databases


def test_a_deleted_sweep_takes_its_runs_along_when_asked(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    services = parts.services
    sweep, other = make_sweep(parts, ann), make_sweep(parts, ann)
    done = work_off(parts, ann, register(parts, ann, sweep))
    project = services.projects.get(ann, None, "p")
    services.runs.delete(ann, services.runs.get(ann, None, "p", done[0]).pk, keep_config=True)
    clock.forward(60)
    services.sweeps.delete(ann, sweep.pk)
    assert [item.pk for item in services.sweeps.list_all(project)] == [other.pk]
    assert services.sweeps.count(project) == 1
    assert services.overviews.projects(ann)[0].n_sweeps == 1
    kept = services.runs.list_all(project)
    assert len(kept) == len(done) - 1 and {run.sweep_id for run in kept} == {None}
    services.sweeps.undelete(ann, sweep.pk)
    assert {run.sweep_id for run in services.runs.list_all(project)} == {sweep.sweep_id}
    clock.forward(60)
    at = services.sweeps.delete(ann, sweep.pk)
    services.runs.delete_of_sweep(ann, sweep.pk, at)
    assert services.runs.list_all(project) == []
    [hidden] = services.sweeps.list_deleted(project, 10)
    assert hidden.pk == sweep.pk
    services.sweeps.undelete(ann, sweep.pk)
    assert len(services.runs.list_all(project)) == len(done) - 1  # one was deleted before, alone
