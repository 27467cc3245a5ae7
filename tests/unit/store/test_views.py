"""Saved workspaces and reports: found by each of their names, and no neighbour of theirs."""

import pytest

from sweepd.store import views
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def make(world: World, project: int, name: str, kind: str = "k", user: int = 0, s: int = 0) -> int:
    pk = views.insert_view(world.connection, project, user or world.ann, kind, name, at(s))
    assert pk is not None
    return pk


def test_a_view_is_found_by_project_kind_and_name(world: World) -> None:
    c = world.connection
    projects = [world.p, world.q, world.project("r")]
    made = {
        (project, kind, name): make(world, project, name, kind)
        for project in projects
        for kind in ("a", "b", "c")
        for name in ("x", "y", "z")
    }
    for (project, kind, name), pk in made.items():
        found = views.find_view_by_name(c, project, kind, name)
        assert found is not None and found == views.find_view(c, pk)
        assert (found.pk, found.project_pk, found.kind, found.name) == (pk, project, kind, name)
    assert views.find_view_by_name(c, world.p, "a", "w") is None
    assert views.insert_view(c, world.p, world.bob, "a", "x", at(1)) is None


def test_changing_or_removing_one_leaves_those_beside_it(world: World) -> None:
    c = world.connection
    pks = [make(world, world.p, name) for name in "abc"]
    views.update_view(c, pks[1], at(5), display_name="title", spec="{}")
    shown = [views.find_view(c, pk) for pk in pks]
    assert [view.updated_at if view else None for view in shown] == [at(0), at(5), at(0)]
    assert views.delete_view(c, pks[1]) and not views.delete_view(c, pks[1])
    assert [views.find_view(c, pk) is not None for pk in pks] == [True, False, True]


def test_a_projects_views_by_kind_name_title_and_user(world: World) -> None:
    c = world.connection
    carl, _ = world.user("carl")
    for user in (world.ann, world.bob, carl):
        for kind in ("a", "b", "c"):
            for project in (world.p, world.q):
                make(world, project, f"{kind}{user}", kind, user, s=user)
    titled = views.find_view_by_name(c, world.p, "b", f"b{world.bob}")
    assert titled is not None
    views.update_view(c, titled.pk, at(99), display_name="title")

    def names(
        kind: str | None = None, name: str | None = None, user: str | None = None
    ) -> list[str]:
        found = views.of_project(world.p, kind, name, user).all(c)
        assert {view.project_pk for view in found} <= {world.p}
        return [view.name for view in found]

    assert len(names()) == 9
    assert names("b") == [f"b{carl}", f"b{world.bob}", f"b{world.ann}"]
    assert names(user="bob") == [f"{kind}{world.bob}" for kind in "cba"]
    assert names(name=f"a{world.ann}") == [f"a{world.ann}"]
    assert names(name="title") == names("b", "title", "bob") == [titled.name]
    assert names("a", "title") == names(name="title", user="ann") == []
    titles = views.list_titles(c, world.p, "b", 2)
    assert [(title.name, title.display_name) for title in titles] == [
        (titled.name, "title"),
        (f"b{carl}", ""),
    ]
