"""Lists in few queries: what they count, in which order, and what they leave out."""

from collections.abc import Callable
from datetime import datetime

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange


def add_run(parts: server.Parts, caller: Caller, run_id: str, project: str = "p") -> int:
    change = RunChange(display_name=f"name of {run_id}")
    run, _ = parts.services.runs.upsert(caller, caller.name, project, run_id, change)
    return run.pk


def test_projects_count_runs_without_deleted_ones(parts: server.Parts, ann: Caller) -> None:
    keys = [add_run(parts, ann, run_id) for run_id in ("a1", "a2", "a3")]
    parts.services.projects.ensure(ann, "ann", "empty", None)
    parts.services.runs.delete(ann, keys[0])
    found = {item.project.name: item for item in parts.services.overviews.projects(ann)}
    assert (found["p"].n_runs, found["p"].n_running, found["p"].n_sweeps) == (2, 2, 0)
    assert (found["empty"].n_runs, found["empty"].n_running) == (0, 0)
    assert found["empty"].last_at == found["empty"].project.created_at


def test_stamp_changes_when_a_run_comes_goes_or_changes(
    parts: server.Parts, ann: Caller, clock: Callable[[], datetime]
) -> None:
    first = add_run(parts, ann, "a1")
    project = parts.services.projects.get(ann, "ann", "p")
    versions = [parts.services.overviews.version(project)]
    add_run(parts, ann, "a2")
    versions.append(parts.services.overviews.version(project))
    clock.forward(1)  # type: ignore[attr-defined]
    parts.services.runs.change(ann, first, RunChange(notes="x"))
    versions.append(parts.services.overviews.version(project))
    parts.services.runs.delete(ann, first)
    versions.append(parts.services.overviews.version(project))
    assert len(set(versions)) == 4
    assert parts.services.overviews.version(project) == versions[-1]


def test_neighbours_begin_with_the_previous_run(parts: server.Parts, ann: Caller) -> None:
    for run_id in ("a1", "a2", "a3", "a4"):
        add_run(parts, ann, run_id)
    run = parts.services.runs.get(ann, "ann", "p", "a3")
    found = [run_id for run_id, _, _ in parts.services.overviews.neighbours(run, 10)]
    assert found == ["a2", "a1", "a4"]


def test_named_runs_come_in_the_order_named_without_unknown_ones(
    parts: server.Parts, ann: Caller
) -> None:
    for run_id in ("a1", "a2", "a3"):
        add_run(parts, ann, run_id)
    project = parts.services.projects.get(ann, "ann", "p")
    found = parts.services.overviews.runs_named(project, ["a3", "gone", "a1"])
    assert [run.run_id for run in found] == ["a3", "a1"]


def test_teams_are_listed_with_their_members(parts: server.Parts, ann: Caller) -> None:
    users = parts.services.users
    users.add_user("bo")
    users.add_team("lab", ["bo", "ann"])
    users.add_team("alone", [])
    found = [(team.name, team.members) for team in parts.services.overviews.teams()]
    assert found == [("alone", ()), ("lab", ("ann", "bo"))]
    users.remove_member("lab", "bo")
    assert parts.services.overviews.teams()[1].members == ("ann",)
