"""Collections: made once, found by their names, in an order."""

import pytest

from sweepd.domain.errors import Gone
from sweepd.store import artifact_collections as collections
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def test_a_collection_is_made_once_and_found_by_each_of_its_names(world: World) -> None:
    c = world.connection
    pk = world.collection("c", client_id="x", tags='["t"]')
    assert world.collection("c", type_name="other") == pk
    found = collections.get_collection_by_pk(c, pk)
    assert (found.type_name, found.tags, found.entity, found.project) == (
        "model",
        ("t",),
        "ann",
        "p",
    )
    assert collections.find_collection(c, world.p, "c") == found
    assert collections.find_by_client_id(c, "x") == found
    assert collections.find_collection(c, world.q, "c") is None
    assert collections.find_by_client_id(c, "y") is None
    collections.update_collection(c, pk, {"description": "d"})
    assert collections.get_collection_by_pk(c, pk).description == "d"
    collections.delete_collection(c, pk)
    with pytest.raises(Gone):
        collections.get_collection_by_pk(c, pk)


def test_collections_are_ordered_and_found_by_type(world: World) -> None:
    c = world.connection
    for name, kind, seconds in (("b", "model", 1), ("a", "data", 9), ("c", "model", 5)):
        world.collection(name, type_name=kind, updated_at=at(seconds))
    world.collection("elsewhere", project_pk=world.q, type_name="zoo")

    def names(by: tuple[str, bool] | None = None, kind: str | None = None) -> list[str]:
        return [item.name for item in collections.in_projects([world.p], kind, by).all(c)]

    assert names() == ["c", "a", "b"], "newest first"
    assert [item.name for item in collections.list_collections(c, world.p)] == ["c", "a", "b"]
    assert names(("name", False)) == ["a", "b", "c"] and names(("name", True)) == ["c", "b", "a"]
    assert names(("updated_at", False)) == ["b", "c", "a"]
    assert names(("type", False)) == ["a", "c", "b"], "of equals the newest"
    assert names(None, "model") == ["c", "b"]
    both = collections.in_projects([world.p, world.q]).all(c)
    assert [item.name for item in both] == ["elsewhere", "c", "a", "b"]
    assert collections.types_in(world.p).all(c) == ["data", "model"]
