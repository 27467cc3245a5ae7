"""Workspaces and reports are kept as they came, within bounds, each for who may see it."""

import json

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput, Forbidden, NotFound, TooLarge
from sweepd.domain.paging import Start
from sweepd.domain.users import Caller
from sweepd.domain.views import MAX_SPEC_BYTES, View, own_name, own_sweep_name
from sweepd.services.workspaces.views import ViewChange
from tests.conftest import FakeClock

SPEC = '{"section": {"panels": [1, 2, "ü"]}, "width":  1.0}'


def save(parts: server.Parts, caller: Caller, pk: int | None = None, **change: str) -> View:
    whole = {"kind": "project-view", "name": "nw-a-v", "spec": SPEC} | change
    given = ViewChange(**(change if pk is not None else whole))
    return parts.services.views.save(caller, None, "p", given, pk)[0]


def names(parts: server.Parts, caller: Caller, **wanted: str) -> list[str]:
    project = parts.services.projects.get(caller, None, "p")
    page = parts.services.views.page(project, Start(), None, **wanted)
    return [view.name for _, view in page.items]


def test_a_spec_is_kept_to_the_letter(parts: server.Parts, ann: Caller) -> None:
    made = save(parts, ann, display_name="mine", description="of me")
    assert made.spec == SPEC
    found = parts.services.views.get(ann, made.pk)
    assert found == made and found.user_name == "ann" and found.project == "p"


def test_a_change_keeps_what_it_does_not_name(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    made = save(parts, ann, display_name="mine")
    clock.forward(5)
    changed = save(parts, ann, made.pk, display_name="renamed", name="another")
    assert (changed.spec, changed.display_name, changed.name) == (SPEC, "renamed", "nw-a-v")
    assert changed.updated_at > changed.created_at == made.created_at


def test_the_same_name_is_the_same_view(parts: server.Parts, ann: Caller) -> None:
    first, second = save(parts, ann), save(parts, ann, spec="{}")
    assert (first.pk, second.spec) == (second.pk, "{}")
    assert save(parts, ann, kind="runs").pk != first.pk
    assert names(parts, ann) == ["nw-a-v", "nw-a-v"]
    assert names(parts, ann, kind="runs", user_name="ann") == ["nw-a-v"]
    assert names(parts, ann, kind="runs", user_name="bob") == []


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "should be JSON"),
        ("[1]", "should be a JSON object"),
        ("{", "should be JSON"),
        ('{"a":' * 300 + "1" + "}" * 300, "200 levels deep"),
    ],
    ids=["empty", "list", "half", "deep"],
)
def test_what_is_no_spec_is_refused(parts: server.Parts, ann: Caller, spec: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        save(parts, ann, spec=spec)
    assert parts.services.projects.find(ann, None, "p") is None


def test_a_spec_without_bounds_is_refused(parts: server.Parts, ann: Caller) -> None:
    with pytest.raises(TooLarge, match="4,000,000 bytes"):
        save(parts, ann, spec=json.dumps({"a": "ü" * (MAX_SPEC_BYTES // 5)}))


@pytest.mark.parametrize("kind", ["", "Runs", "runs/x", "a" * 60, "../runs"])
def test_a_kind_of_another_form_is_refused(parts: server.Parts, ann: Caller, kind: str) -> None:
    with pytest.raises(BadInput, match="type should be"):
        save(parts, ann, kind=kind)


@pytest.mark.parametrize("name", ["a/b", "a?b", "x" * 300, "\ud800", "a\nb"])
def test_a_name_that_fits_no_address_is_refused(
    parts: server.Parts, ann: Caller, name: str
) -> None:
    with pytest.raises(BadInput, match="name should have"):
        save(parts, ann, name=name)


OWN = [
    pytest.param("project-view", own_name("ann"), id="workspace"),
    pytest.param("sweep-view", own_sweep_name("ann", "abc123"), id="sweep"),
]


@pytest.mark.parametrize(("kind", "own_one"), OWN)
def test_members_share_views_but_their_own(
    parts: server.Parts, ann: Caller, kind: str, own_one: str
) -> None:
    users = parts.services.users
    users.add_user("bob", "bob-" + "b" * 40)
    users.add_team("both", ["ann", "bob"])
    ann, bob = users.get_caller("ann"), users.get_caller("bob")
    views = parts.services.views

    def write(caller: Caller, name: str) -> View:
        return views.save(caller, "both", "p", ViewChange(kind, name, spec="{}"))[0]

    shared, own = write(ann, "nw-x-v"), write(ann, own_one)
    assert write(bob, "nw-x-v").pk == shared.pk
    assert views.get(bob, own.pk).name == own.name
    for tried in (
        lambda: write(bob, own_one),
        lambda: views.save(bob, None, None, ViewChange(spec="{}"), own.pk),
        lambda: views.delete(bob, own.pk),
    ):
        with pytest.raises(Forbidden, match="ann's own workspace"):
            tried()
    assert views.delete(bob, shared.pk)
    with pytest.raises(NotFound):
        views.get(ann, shared.pk)
    users.remove_member("both", "bob")
    with pytest.raises(NotFound):
        views.get(users.get_caller("bob"), own.pk)


def test_a_view_that_takes_anothers_place_is_refused(parts: server.Parts, ann: Caller) -> None:
    draft = save(parts, ann, kind="runs/draft")
    assert save(parts, ann, draft.pk, kind="runs").kind == "runs"
    again = save(parts, ann, kind="runs/draft")
    with pytest.raises(BadInput, match="another view"):
        save(parts, ann, again.pk, kind="runs")
