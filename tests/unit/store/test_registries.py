"""The organisation, its registries and who has which role."""

import pytest

from sweepd.domain.errors import Gone
from sweepd.domain.registries import Role
from sweepd.store import memberships, projects, registries, users
from tests.unit.store.world import START, World, at

pytestmark = pytest.mark.both_databases

RULES = {"is_restricted": True, "takes_all_types": False, "type_names": ("model", "data")}
LOW, HIGH = Role.VIEWER, Role.ADMIN


def organization(world: World) -> int:
    pk = registries.create_organization(world.connection, "org", START)
    assert pk is not None
    return pk


def make(world: World, name: str, entity: int, seconds: float = 0) -> int:
    values = {**RULES, "description": f"about {name}"}
    pk = registries.create_registry(world.connection, entity, name, values, at(seconds))
    assert pk is not None
    return pk


def test_there_is_one_organisation_and_its_name_is_its_own(world: World) -> None:
    c = world.connection
    assert registries.find_organization(c) is None
    with pytest.raises(Gone, match="start the server"):
        registries.get_organization(c)
    assert registries.create_organization(c, "ann", START) is None, "a user's name"
    pk = organization(world)
    for lock in (False, True):
        found = registries.get_organization(c, lock)
        assert (found.pk, found.name) == (pk, "org")
    registries.rename_organization(c, pk, "new")
    assert registries.get_organization(c).name == "new"


def test_a_registry_is_a_project_with_rules(world: World) -> None:
    c = world.connection
    org = organization(world)
    pk = make(world, "Model", org, 3)
    values = {**RULES, "description": "again"}
    assert registries.create_registry(c, org, "Model", values, at(4)) is None
    found = registries.get_registry(c, pk)
    assert (found.project.name, found.project.description) == ("Model", "about Model")
    assert (found.is_restricted, found.takes_all_types) == (True, False)
    assert (found.type_names, found.updated_at) == (("model", "data"), at(3))
    change = {"name": "Best", "description": "d", "type_names": [], "is_restricted": False}
    registries.update_registry(c, pk, {**change, "updated_at": at(9)})
    found = registries.get_registry(c, pk)
    assert (found.project.name, found.project.description) == ("Best", "d")
    assert (found.is_restricted, found.type_names, found.updated_at) == (False, (), at(9))
    assert registries.find_registry(c, world.p) is None
    registries.delete_registry(c, pk)
    with pytest.raises(Gone):
        registries.get_registry(c, pk)


def test_a_registry_is_found_by_name_in_any_case_the_one_meant_first(world: World) -> None:
    c = world.connection
    org = organization(world)
    first, second = make(world, "model", org), make(world, "Model", org)
    for keep in (False, True):
        for name, expected in (("model", first), ("Model", second), ("MODEL", first)):
            found = registries.find_registry_by_name(c, "org", name, keep)
            assert found is not None and found.project.pk == expected
    assert registries.find_registry_by_name(c, "ann", "model") is None
    assert registries.find_registry_by_name(c, "org", "p") is None


def test_registries_come_in_any_order(world: World) -> None:
    c = world.connection
    org = organization(world)
    made = {name: make(world, name, org, s) for name, s in (("b", 5), ("a", 5), ("c", 1))}

    def names(by: tuple[str, bool] | None = None) -> list[str]:
        return [found.project.name for found in registries.in_order(by).all(c)]

    assert names() == ["a", "b", "c"], "newest first, of equals the last made"
    assert names(("name", True)) == ["c", "b", "a"]
    assert names(("created_at", False)) == ["c", "a", "b"]
    assert names(("entity", False)) == ["c", "a", "b"], "all have one: the newest first"
    registries.update_registry(c, made["b"], {"updated_at": at(50)})
    assert names(("updated_at", True)) == ["b", "a", "c"]


def test_roles_are_given_to_users_and_teams_and_taken_away(world: World) -> None:
    c = world.connection
    org = organization(world)
    one, two = make(world, "one", org), make(world, "two", org)
    team = users.create_entity(c, "team", "team", START)
    users.add_member(c, team, world.ann, "member")
    registries.set_user_role(c, one, world.ann, LOW)
    registries.set_user_role(c, one, world.bob, LOW)
    registries.set_user_role(c, one, world.ann, HIGH)
    registries.set_team_role(c, one, team, LOW)
    registries.set_team_role(c, two, team, HIGH)
    assert registries.list_roles(c, world.ann) == {one: [HIGH, LOW], two: [HIGH]}
    assert registries.list_roles(c, world.ann, two) == {two: [HIGH]}
    assert registries.list_roles(c, world.bob) == {one: [LOW]}
    found = registries.list_user_roles(c, one)
    assert [(r.pk, r.name, r.email, r.role) for r in found] == [
        (world.ann, "ann", "ann@x", HIGH),
        (world.bob, "bob", "bob@x", LOW),
    ]
    [of_team] = registries.list_team_roles(c, two)
    assert (of_team.pk, of_team.name, of_team.role) == (team, "team", HIGH)
    registries.set_user_role(c, one, world.ann, None)
    registries.set_team_role(c, two, team, None)
    assert registries.list_roles(c, world.ann) == {one: [LOW]}
    assert registries.list_names(c, [world.ann, world.bob, 99], teams=False) == {
        world.ann: "ann",
        world.bob: "bob",
    }
    assert registries.list_names(c, [team, world.ann_entity], teams=True) == {team: "team"}


def test_registries_that_hold_a_version_and_the_types_in_one(world: World) -> None:
    c = world.connection
    org = organization(world)
    pks = [make(world, name, org) for name in ("one", "two", "three")]
    version = world.version(world.collection())
    assert registries.list_registries_holding(c, version.pk) == []
    for pk in (pks[1], pks[0]):
        linked = world.collection("l", project_pk=pk, type_name=f"type{pk}")
        memberships.add_membership(c, linked, version.pk, at(1))
    world.collection("m", project_pk=pks[0], type_name="a")
    world.collection("n", project_pk=pks[0], type_name="a")
    holding = registries.list_registries_holding(c, version.pk)
    assert [found.project.pk for found in holding] == [pks[1], pks[0]]
    assert registries.list_used_types(c, pks[0]) == ["a", f"type{pks[0]}"]
    assert projects.get_project_by_pk(c, pks[2]).name == "three"
