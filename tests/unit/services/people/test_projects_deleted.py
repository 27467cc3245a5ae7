"""Projects renamed, deleted, brought back, ended: what goes on in them loses nothing."""

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput, Conflict, NotFound
from sweepd.domain.users import Caller
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.services.runs.runs import RunChange
from tests.conftest import FakeClock
from tests.unit.services.handing_out import beat, begin, end, log, make_sweep, register, work_off

pytestmark = pytest.mark.both_databases
DAY_S = 86_400.0


def test_agents_and_runs_under_way_go_on_by_the_old_name(parts: server.Parts, ann: Caller) -> None:
    services = parts.services
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    [command] = beat(parts, ann, agent)
    assert command.run_id
    begin(parts, ann, command.run_id)
    project = services.projects.get(ann, None, "p")
    renamed = services.projects.rename(ann, project.pk, "q")
    assert (renamed.pk, renamed.name) == (project.pk, "q")
    log(parts, ann, command.run_id, 0, 3.0, 2.0)  # these name the project as it was
    services.runs.upsert(ann, None, "p", command.run_id, RunChange(summary='{"loss": 2}'))
    end(parts, ann, command.run_id)
    done = work_off(parts, ann, agent)
    services.runs.upsert(ann, None, "p", "later", RunChange(host="h", config="{}"))
    found = services.projects.list_all(ann)
    assert [item.name for item in found] == ["q"]
    assert len(services.runs.list_all(found[0])) == len(done) + 2 == 7
    run = services.runs.get(ann, None, "p", command.run_id)
    assert (run.project, run.history_lines) == ("q", 2)
    assert services.sweeps.get(ann, None, "p", sweep.sweep_id).project == "q"


def test_names_that_lead_elsewhere_are_not_taken(parts: server.Parts, ann: Caller) -> None:
    projects = parts.services.projects
    first, _ = projects.ensure(ann, None, "a", None)
    other, _ = projects.ensure(ann, None, "z", None)
    for name in ("b", "c"):
        projects.rename(ann, first.pk, name)
    assert {projects.get(ann, None, name).pk for name in "abc"} == {first.pk}
    with pytest.raises(Conflict, match="leads to c"):
        projects.rename(ann, other.pk, "a")
    with pytest.raises(Conflict, match="exists"):
        projects.rename(ann, other.pk, "c")
    with pytest.raises(BadInput):
        projects.rename(ann, other.pk, "a/b")
    assert projects.rename(ann, first.pk, "a").name == "a"  # its own old name it may take back
    assert projects.get(ann, None, "c").pk == first.pk
    assert projects.ensure(ann, None, "b", None)[0].pk == first.pk
    assert len(projects.list_all(ann)) == 2


def test_strangers_rename_delete_and_bring_back_nothing(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    projects = parts.services.projects
    mine, _ = projects.ensure(ann, None, "mine", None)
    for act in (lambda: projects.rename(bob, mine.pk, "x"), lambda: projects.delete(bob, mine.pk)):
        with pytest.raises(NotFound):
            act()
    projects.delete(ann, mine.pk)
    assert projects.list_deleted(bob) == []
    with pytest.raises(NotFound):
        projects.undelete(bob, mine.pk)
    with pytest.raises(NotFound):
        projects.delete(ann, mine.pk)


def test_a_deleted_project_is_counted_nowhere_and_comes_back_whole(
    parts: server.Parts, ann: Caller
) -> None:
    services = parts.services
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    done = work_off(parts, ann, agent)
    project = services.projects.get(ann, None, "p")
    services.projects.delete(ann, project.pk)
    assert services.overviews.projects(ann) == services.projects.list_all(ann) == []
    with pytest.raises(NotFound):
        beat(parts, ann, agent)
    services.runs.upsert(
        ann, None, "p", "new", RunChange(host="h", config="{}")
    )  # the name is free
    [found] = services.projects.list_deleted(ann)
    assert (found.name, found.n_runs, found.deleted_by) == ("p", len(done), "ann")
    back = services.projects.undelete(ann, project.pk)
    assert back.name == "p-2"
    assert {run.run_id for run in services.runs.list_all(back)} == set(done)
    assert services.sweeps.get(ann, None, "p-2", sweep.sweep_id).pk == sweep.pk
    assert services.projects.list_deleted(ann) == []
    services.projects.delete(ann, project.pk)
    services.projects.delete(ann, services.projects.get(ann, None, "p").pk)
    assert {item.name for item in services.projects.list_deleted(ann)} == {"p", "p-2"}


def test_a_project_whose_artifacts_are_linked_elsewhere_stays(
    parts: server.Parts, ann: Caller
) -> None:
    services = parts.services
    new = NewArtifact("ann", "p", None, "model", "m", "d")
    version = services.artifacts.uploads.create(ann, new)
    services.artifacts.collections.link(ann, version.pk, None, "reads", "best", [])
    project = services.projects.get(ann, None, "p")
    with pytest.raises(Conflict, match="ann/reads/best"):
        services.projects.delete(ann, project.pk)


@pytest.mark.slow
def test_what_was_deleted_ends_after_its_days(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    services = parts.services
    sweep = make_sweep(parts, ann)
    work_off(parts, ann, register(parts, ann, sweep))
    services.runs.upsert(ann, None, "p", "single", RunChange(host="h", config="{}"))
    services.runs.upsert(ann, None, "q", "other", RunChange(host="h", config="{}"))
    project = services.projects.get(ann, None, "p")
    services.runs.delete(ann, services.runs.get(ann, None, "p", "single").pk)
    services.sweeps.delete(ann, sweep.pk)
    services.projects.delete(ann, services.projects.get(ann, None, "q").pk)
    clock.forward(29 * DAY_S)
    parts.housekeeping.remove_expired()
    assert services.overviews.deleted_runs(project, 10)
    assert services.sweeps.list_deleted(project, 10) and services.projects.list_deleted(ann)
    clock.forward(2 * DAY_S)
    parts.housekeeping.remove_expired()
    assert services.overviews.deleted_runs(project, 10) == []
    assert services.sweeps.list_deleted(project, 10) == services.projects.list_deleted(ann) == []
    assert len(services.runs.list_all(project)) == 6  # those of the sweep were not deleted
