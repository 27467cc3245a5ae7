"""Projects, and what they hold in bytes."""

import pytest

from sweepd.domain.errors import Gone
from sweepd.store import projects, run_files
from sweepd.store.measuring import StoredBlob
from tests.unit.store.world import START, World, at

pytestmark = pytest.mark.both_databases


def test_a_project_is_made_once_and_found(world: World) -> None:
    c = world.connection
    made = projects.find_project(c, world.ann_entity, "p")
    assert made is not None and (made.pk, made.entity, made.created_at) == (world.p, "ann", START)
    assert projects.get_or_create_project(c, world.ann_entity, "p", at(9)) == made
    assert projects.find_project(c, world.bob_entity, "p") is None
    projects.describe_project(c, world.p, "about")
    assert projects.get_project_by_pk(c, world.p).description == "about"
    assert projects.get_project_by_pk(c, world.q).description == ""
    projects.lock_project(c, world.p)
    with pytest.raises(Gone):
        projects.get_project_by_pk(c, 999)


def test_a_name_leads_to_the_project_that_had_it_last(world: World) -> None:
    """One that was called so before does not take back what runs under way say."""
    c = world.connection

    def found(name: str, entity_pk: int = 0) -> int | None:
        project = projects.find_project(c, entity_pk or world.ann_entity, name)
        return project.pk if project else None

    def rename(pk: int, name: str) -> None:
        projects.rename_project(c, projects.get_project_by_pk(c, pk), name)

    beside = world.project("beside")
    bobs = world.project("p", world.bob_entity)
    rename(world.p, "p1")
    assert found("p") == found("p1") == world.p and found("beside") == beside
    rename(world.p, "p2")
    assert found("p") == found("p1") == found("p2") == world.p
    second = world.project("p")  # made while the first lay in the trash
    assert found("p") == second, "what has a name now comes before what had it"
    rename(second, "q")
    assert found("p") == found("q") == second
    assert found("p", world.bob_entity) == bobs and found("q", world.bob_entity) == world.q
    rename(second, "p")
    assert found("p") == found("q") == second


def test_projects_come_newest_first(world: World) -> None:
    c = world.connection
    made = [world.project(f"x{s}{i}", seconds=s) for i, s in enumerate((1, 9, 9))]
    expected = [made[2], made[1], made[0], world.p]
    assert [found.pk for found in projects.list_projects(c, [world.ann_entity])] == expected
    assert [found.pk for found in projects.of_entity(world.ann_entity).all(c)] == expected
    both = projects.list_projects(c, iter([world.ann_entity, world.bob_entity]))
    assert {found.pk for found in both} == {*expected, world.q}


def test_bytes_of_files_and_versions_add_up_by_entity(world: World) -> None:
    c = world.connection
    assert projects.count_bytes(c, world.ann_entity) == 0
    for name, size in (("a", 5), ("b", 7)):
        blob = StoredBlob(name * 64, size, "m", "x")
        run_files.upsert_file(c, world.run().pk, "f", blob, "t", START)
    run_files.upsert_file(
        c, world.run(project_pk=world.q).pk, "f", StoredBlob("c" * 64, 99, "m", "x"), "t", START
    )
    world.version(world.collection(), size_bytes=100)
    assert projects.count_bytes(c, world.ann_entity) == 112
    assert projects.count_bytes(c, world.bob_entity) == 99


def test_bytes_are_those_of_one_entity_not_of_those_beside_it(world: World) -> None:
    c = world.connection
    _, carl = world.user("carl")
    r = world.project("r", carl)
    sizes = {world.p: 1, world.q: 10, r: 100}
    for project, size in sizes.items():
        blob = StoredBlob(f"{size:064}", size, "m", "x")
        run_files.upsert_file(c, world.run(project_pk=project).pk, "f", blob, "t", START)
        made = world.collection(f"c{size}", project_pk=project)
        world.version(made, project_pk=project, size_bytes=2 * size)
    found = [projects.count_bytes(c, e) for e in (world.ann_entity, world.bob_entity, carl)]
    assert found == [3, 30, 300]
