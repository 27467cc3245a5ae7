"""Deleted projects: out of sight, their names free, until they come back or their time is up."""

import pytest
import sqlalchemy as sa

from sweepd.domain.projects import TRASH, Project
from sweepd.store import deleted_projects, memberships, projects, runs, schema
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def get(world: World, pk: int) -> Project:
    return projects.get_project_by_pk(world.connection, pk)


def delete(world: World, pk: int, seconds: float = 0, by: str = "ann") -> None:
    deleted_projects.delete_project(world.connection, get(world, pk), by, at(seconds))


def test_a_deleted_project_leaves_its_name_and_takes_what_hangs_on_it(world: World) -> None:
    c = world.connection
    world.run("seen")
    world.run("gone", deleted_at=at(1))
    world.run("bobs", project_pk=world.q)
    delete(world, world.p, 5, by="bob")
    assert projects.find_project(c, world.ann_entity, "p") is None
    assert runs.find_run(c, world.p, "seen") is not None
    assert get(world, world.p).entity == TRASH and get(world, world.q).entity == "bob"
    found = deleted_projects.find_deleted(c, world.p)
    assert found is not None
    assert (found.pk, found.entity_pk, found.entity) == (world.p, world.ann_entity, "ann")
    assert (found.name, found.n_runs) == ("p", 1)
    assert (found.deleted_by, found.deleted_at) == ("bob", at(5))
    assert deleted_projects.find_deleted(c, world.q) is None

    again = world.project("p")
    delete(world, again, 6)
    assert len({get(world, pk).name for pk in (world.p, again)}) == 2, "both named p once"
    listed = deleted_projects.list_deleted(c, [world.ann_entity], 9)
    assert [(one.pk, one.name) for one in listed] == [(again, "p"), (world.p, "p")]


def test_a_project_comes_back_under_a_free_name_and_alone(world: World) -> None:
    c = world.connection
    others = [world.project(name) for name in ("a", "b")]
    for pk in (others[0], world.p, others[1]):
        delete(world, pk)
    found = deleted_projects.find_deleted(c, world.p)
    assert found is not None
    deleted_projects.undelete_project(c, found, "p2")
    assert deleted_projects.find_deleted(c, world.p) is None
    back = projects.find_project(c, world.ann_entity, "p2")
    assert back is not None and back.pk == world.p
    assert [get(world, pk).entity for pk in others] == [TRASH, TRASH]
    left = deleted_projects.list_deleted(c, [world.ann_entity], 9)
    assert [one.name for one in left] == ["b", "a"]


def test_the_last_deleted_of_some_entities_come_first(world: World) -> None:
    c = world.connection
    _, carl = world.user("carl")
    made = [world.project(name) for name in "abc"] + [world.project("d", carl)]
    for pk, seconds in ((made[0], 1), (made[1], 9), (made[2], 9), (world.q, 5), (made[3], 99)):
        delete(world, pk, seconds)
    both = [world.ann_entity, world.bob_entity]
    listed = deleted_projects.list_deleted(c, iter(both), 9)
    assert [one.name for one in listed] == ["c", "b", "q", "a"]
    assert [one.name for one in deleted_projects.list_deleted(c, both, 2)] == ["c", "b"]
    assert deleted_projects.was_deleted(c, world.ann_entity, "b")
    assert not deleted_projects.was_deleted(c, world.bob_entity, "b")
    assert not deleted_projects.was_deleted(c, world.ann_entity, "p")


def test_projects_whose_time_is_up_and_those_nobody_can_ask_for_again(world: World) -> None:
    c = world.connection
    _, carl = world.user("carl")
    late, orphan = world.project("late"), world.project("orphan", carl)
    for pk, seconds in ((world.p, 4), (late, 5), (orphan, 50)):
        delete(world, pk, seconds)
    assert deleted_projects.list_expired(c, at(5)) == [world.p]
    c.execute(sa.delete(schema.entities).where(schema.entities.c.id == carl))
    assert set(deleted_projects.list_expired(c, at(5))) == {world.p, orphan}
    run = world.run(project_pk=world.p)
    deleted_projects.purge_project(c, world.p)
    assert runs.find_run_by_pk(c, run.pk) is None
    assert deleted_projects.find_deleted(c, world.p) is None
    assert deleted_projects.find_deleted(c, late) is not None
    assert deleted_projects.list_expired(c, at(5)) == [orphan]


def test_collections_elsewhere_that_hold_a_projects_versions(world: World) -> None:
    c = world.connection
    home = world.collection("home")
    versions = [world.version(home) for _ in range(2)]
    z, a = (world.project(name) for name in ("z", "a"))
    of_z = world.collection("two", project_pk=z), world.collection("one", project_pk=z)
    of_a, of_q = world.collection("c", project_pk=a), world.collection("c", project_pk=world.q)
    for place in (*of_z, of_a, of_q):
        for version in versions:
            memberships.add_membership(c, place, version.pk, at(0))
    world.collection("holds none", project_pk=a)
    own = world.version(of_a, project_pk=a)
    memberships.add_membership(c, of_q, own.pk, at(0))
    everywhere = ["ann/a/c", "ann/z/one", "ann/z/two", "bob/q/c"]
    assert deleted_projects.list_linking(c, world.p) == everywhere
    assert deleted_projects.list_linking(c, a) == ["bob/q/c"]
    assert deleted_projects.list_linking(c, z) == []
    delete(world, z)
    assert deleted_projects.list_linking(c, world.p) == ["ann/a/c", "bob/q/c"]


def test_what_a_deleted_project_was_called_leads_to_it_no_longer(world: World) -> None:
    c = world.connection
    delete(world, world.p)  # the entity of deleted projects is older than the next one
    _, carl = world.user("carl")
    pk = world.project("old", carl)
    projects.rename_project(c, get(world, pk), "new")
    found = projects.find_project(c, carl, "old")
    assert found is not None and found.pk == pk
    delete(world, pk)
    assert projects.find_project(c, carl, "old") is None
