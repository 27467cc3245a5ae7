"""Workspaces, reports and alerts of another server, and forks: what stays, and what is whose."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sweepd import server
from sweepd.cli.own_server import OwnServer
from sweepd.domain.errors import BadInput
from sweepd.domain.paging import BEGINNING
from sweepd.domain.users import Caller
from sweepd.domain.views import REPORT, SWEEP_PAGE, WORKSPACE, View, own_name, own_sweep_name
from sweepd.services.moving.intake import Intake
from sweepd.services.moving.project_intake import ProjectIntake, Taken
from sweepd.services.moving.version_intake import VersionIntake
from sweepd.services.moving.view_intake import moved_spec
from sweepd.services.moving.wire_project import WireProject
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.streams.reading import Stream
from sweepd.services.workspaces.views import ViewChange
from tests.conftest import FakeClock, build_parts

There = tuple[server.Parts, Caller, FakeClock]


@pytest.fixture
def there(tmp_path: Path) -> Iterator[There]:
    """Another server, of another user, with an empty project `zoe/p`."""
    clock = FakeClock()
    parts = build_parts(tmp_path / "there", clock)
    parts.services.users.add_user("zoe")
    yield parts, parts.services.users.get_caller("zoe"), clock
    parts.core.db.close()


def save(
    parts: server.Parts, caller: Caller, project: str, kind: str, name: str, **more: Any
) -> View:
    change = ViewChange(kind, name, **({"spec": "{}"} | more))
    return parts.services.views.save(caller, None, project, change)[0]


def take(parts: server.Parts, ann: Caller, there: There) -> list[Taken]:
    """What was looked at on the way from `zoe/p` to `ann/moved`."""
    source = WireProject(OwnServer(there[0], "zoe"), "https://there", "zoe", "p")
    services, where = parts.services, ("ann", "moved")
    used = (services.runs, services.history, services.reading, services.files)
    runs = Intake(parts.core, used, ann, *where)
    versions = VersionIntake(parts.core, services.artifacts, ann, where, source.name)
    return list(ProjectIntake(parts.core, runs, versions, ann, where).take(source))


def views_of(parts: server.Parts, ann: Caller) -> dict[tuple[str, str], View]:
    project = parts.services.projects.get(ann, "ann", "moved")
    page = parts.services.views.page(project, BEGINNING, None)
    return {(view.kind, view.name): view for _, view in page.items}


@pytest.mark.slow
def test_a_view_comes_once_and_again_when_it_changed_there(
    parts: server.Parts, ann: Caller, there: There
) -> None:
    save(*there[:2], "p", REPORT, "r", display_name="first", description="why")
    assert [t.is_new for t in take(parts, ann, there)] == [True]
    came = views_of(parts, ann)[REPORT, "r"]
    assert (came.display_name, came.description, came.user_name) == ("first", "why", "ann")
    assert [t.is_new for t in take(parts, ann, there)] == [False]
    there[2].forward(5)
    changed = save(*there[:2], "p", REPORT, "r", spec='{"a": 1}')
    assert [t.is_new for t in take(parts, ann, there)] == [True]
    now = views_of(parts, ann)[REPORT, "r"]
    assert (now.pk, now.spec, now.updated_at) == (came.pk, '{"a": 1}', changed.updated_at)


@pytest.mark.slow
def test_what_was_changed_here_stays(
    parts: server.Parts, ann: Caller, there: There, clock: FakeClock
) -> None:
    save(*there[:2], "p", REPORT, "r", display_name="first")
    take(parts, ann, there)
    clock.forward(5)
    save(parts, ann, "moved", REPORT, "r", display_name="mine")
    there[2].forward(50)
    save(*there[:2], "p", REPORT, "r", display_name="second")
    assert [(t.is_new, t.is_left) for t in take(parts, ann, there)] == [(False, False)]
    assert views_of(parts, ann)[REPORT, "r"].display_name == "mine"


def test_what_was_made_here_stays_and_is_told(
    parts: server.Parts, ann: Caller, there: There
) -> None:
    parts.services.users.add_user("zoe")
    own = save(parts, ann, "moved", REPORT, "r", display_name="mine")
    save(*there[:2], "p", REPORT, "r", display_name="other")
    [left] = take(parts, ann, there)
    assert (left.is_new, left.is_left) == (False, True) and "'mine' of its own" in left.told
    assert views_of(parts, ann) == {(REPORT, "r"): own}


@pytest.mark.slow
@pytest.mark.parametrize("is_known", [True, False])
def test_somebodys_own_workspace_stays_theirs_or_becomes_everybodys(
    parts: server.Parts, ann: Caller, there: There, is_known: bool
) -> None:
    if is_known:
        parts.services.users.add_user("zoe")
    save(*there[:2], "p", WORKSPACE, own_name("zoe"))
    save(*there[:2], "p", SWEEP_PAGE, own_sweep_name("zoe", "s1"))
    take(parts, ann, there)
    found = views_of(parts, ann)
    assert [t.is_new for t in take(parts, ann, there)] == [False, False]
    panels = (SWEEP_PAGE, own_sweep_name("zoe" if is_known else "ann", "s1"))
    assert panels in found and len(found) == 2
    [name] = [name for kind, name in found if kind == WORKSPACE]
    if is_known:
        assert name == own_name("zoe")
        return
    assert found[WORKSPACE, name].display_name == "zoe's workspace"
    changed = save(parts, ann, "moved", WORKSPACE, name, spec='{"b": 2}')
    assert changed.spec == '{"b": 2}'  # it is anybody's


SETS = {
    "runSets": [{"project": {"entityName": "zoe", "name": "p", "id": 1}, "name": "p"}],
    "other": [{"project": {"entityName": "zoe", "name": "q"}}, {"entityName": "p", "name": "zoe"}],
    "op": {
        "entityName": {"nodeType": "const", "val": "zoe"},
        "projectName": {"nodeType": "const", "val": "p"},
    },
    "text": "zoe/p",
}


def test_a_spec_speaks_of_the_project_here() -> None:
    moved = json.loads(moved_spec(json.dumps(SETS), ("zoe", "p"), ("ann", "moved")))
    assert moved["runSets"] == [
        {"project": {"entityName": "ann", "name": "moved", "id": 1}, "name": "p"}
    ]
    assert (moved["other"], moved["text"]) == (SETS["other"], "zoe/p")
    assert moved["op"] == {
        "entityName": {"nodeType": "const", "val": "ann"},
        "projectName": {"nodeType": "const", "val": "moved"},
    }
    letters = '{"width":  1.0}'
    assert moved_spec(letters, ("zoe", "p"), ("ann", "moved")) == letters


def test_a_view_that_is_none_stops_the_import_in_words(
    parts: server.Parts, ann: Caller, there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = save(*there[:2], "p", REPORT, "r")
    wire = OwnServer(there[0], "zoe")

    def query(document: str, **variables: Any) -> dict[str, Any]:
        found = OwnServer.query(wire, document, **variables)
        if variables.get("kind") == REPORT:
            found["project"]["found"]["edges"][0]["node"]["spec"] = "[1]"
        return found

    monkeypatch.setattr(wire, "query", query)
    source = WireProject(wire, "https://there", "zoe", "p")
    from sweepd.services.moving.view_intake import ViewIntake

    intake = ViewIntake(parts.core, ann, ("ann", "moved"), source.name)
    with pytest.raises(BadInput, match="should be a JSON object"):
        [intake.take(view) for view in source.views()]
    assert made.spec == "{}"


def log(parts: server.Parts, caller: Caller, run_id: str, first: int, steps: range) -> None:
    rows = [json.dumps({"_step": k, "loss": 1 / (k + 1)}) for k in steps]
    post = StreamPost(history=Lines(first, rows), exitcode=0, is_complete=True)
    parts.services.history.append(caller, caller.name, "p", run_id, post)


@pytest.mark.slow
@pytest.mark.both_databases
def test_a_fork_reads_its_first_lines_in_its_parent_here_too(
    parts: server.Parts, ann: Caller, there: There
) -> None:
    services = there[0].services
    services.runs.upsert(there[1], None, "p", "trunk", RunChange(config="{}", host="h"))
    log(*there[:2], "trunk", 0, range(10))
    there[2].forward(5)
    point = {"_wandb": {"value": {"branch_point": {"run_id": "trunk", "step": 6}}}}
    change = RunChange(config=json.dumps(point), host="h")
    services.runs.upsert(there[1], None, "p", "twig", change)
    log(*there[:2], "twig", 7, range(20, 23))
    take(parts, ann, there)
    trunk, twig = (parts.services.runs.get(ann, "ann", "moved", n) for n in ("trunk", "twig"))
    assert (twig.parent_pk, twig.inherited_lines, twig.history_lines) == (trunk.pk, 7, 10)
    lines = parts.services.reading.lines(twig, Stream.HISTORY)
    assert [json.loads(line)["_step"] for line in lines] == [*range(7), 20, 21, 22]
    assert not any(t.is_new for t in take(parts, ann, there))


@pytest.mark.slow
def test_an_alert_comes_once_and_stays_beside_those_of_here(
    parts: server.Parts, ann: Caller, there: There
) -> None:
    services = there[0].services
    run, _ = services.runs.upsert(there[1], None, "p", "r", RunChange(config="{}", host="h"))
    log(*there[:2], "r", 0, range(2))
    services.notices.alert(run, "low", "it is", "ERROR", 0)
    take(parts, ann, there)
    here = parts.services.runs.get(ann, "ann", "moved", "r")
    parts.services.notices.alert(here, "later", "", "INFO", 0)
    there[2].forward(5)
    services.notices.alert(run, "again", "", "INFO", 0)
    assert [t.is_new for t in take(parts, ann, there)] == [True]
    found = parts.services.notices.of_run(parts.services.runs.get(ann, "ann", "moved", "r"), 9)
    assert sorted(alert.title for alert in found) == ["again", "later", "low"]
    assert [t.is_new for t in take(parts, ann, there)] == [False]
