"""No list is resolved for more items than a page may have, whatever the client says."""

import inspect
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.wandb_api.graphql import page_sizes
from sweepd.wandb_api.graphql.engine import build_schema
from tests.conftest import FakeClock
from tests.protocol.conftest import Ask
from tests.protocol.paging import LISTS
from tests.protocol.paging.world import World
from tests.protocol.test_budgets import ask as ask_raw
from tests.protocol.test_budgets import with_settings
from tests.protocol.test_paged_lists import read


def paged(schema: GraphQLSchema) -> dict[str, GraphQLField]:
    """Every field that is read page by page."""
    return {
        f"{kind.name}.{name}": field
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if {"first", "last"} & set(field.args)
    }


@pytest.mark.parametrize("name", sorted(paged(build_schema())))
@pytest.mark.parametrize("given", [{}, {"first": None}, {"first": 10**9}, {"last": 10**9}], ids=str)
def test_no_resolver_is_asked_for_more(name: str, given: dict[str, Any]) -> None:
    field = paged(build_schema())[name]
    asked: dict[str, Any] = {}
    inner = inspect.unwrap(field.resolve)  # type: ignore[arg-type]
    assert inner is not field.resolve, "nothing bounds it"
    spy = GraphQLField(field.type, field.args, lambda _, __, **args: asked.update(args))
    if "last" in given and "last" not in field.args:
        given = {}
    page_sizes._bounded(spy)(None, None, **given)
    assert 0 < asked["first"] <= page_sizes.MAX_PAGE
    assert (asked.get("last") or 0) <= page_sizes.MAX_PAGE


@pytest.fixture
def world(parts: server.Parts, ann_caller: Caller, clock: FakeClock) -> World:
    parts.services.projects.ensure(ann_caller, None, "p", None)
    parts.services.registries.prepare("")
    return World(parts, ann_caller, clock)


@pytest.mark.parametrize(
    "item",
    [  # the quick loop has one of four
        pytest.param(item, marks=[pytest.mark.slow] if item.more or n % 4 else [])
        for n, item in enumerate(LISTS)
    ],
    ids=[f"{item.field}({item.more})" for item in LISTS],
)
def test_a_list_that_is_cut_says_so(
    world: World, ask: Ask, item: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        item.add(world, f"i{n:02}")
        world.clock.forward(1)
    whole = read(world, ask, item, "")[1]
    monkeypatch.setattr(page_sizes, "MAX_PAGE", 2)
    for args in ("", "first: 100000", "first: 2"):
        found, names = read(world, ask, item, args)
        assert names == whole[:2]
        assert found["pageInfo"]["hasNextPage"] == (len(whole) > 2)
        if end := found["pageInfo"]["endCursor"]:
            assert read(world, ask, item, f'after: "{end}"')[1] == whole[2:4]


def test_items_of_lists_without_pages_are_paid_for(
    http: TestClient, ask: Ask, world: World
) -> None:
    world.run("r1", tags=[f"t{n}" for n in range(500)])
    document = '{ project(name: "p", entityName: "ann") { run(name: "r1") { tags } } }'
    assert len(ask(document)["project"]["run"]["tags"]) == 500
    with_settings(http, max_query_fields=400)
    assert ask_raw(http, document).status_code == 413
