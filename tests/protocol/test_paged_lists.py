"""Each item that stays comes exactly once, whatever comes and goes between a list's pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import get_named_type

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.wandb_api.graphql.engine import build_schema
from tests.conftest import FakeClock
from tests.protocol.conftest import Ask
from tests.protocol.paging import AT_ONCE, INTERFACE, LISTS
from tests.protocol.paging.world import List, World

pytestmark = pytest.mark.slow  # each operation on a folder of its own

PAGE = "pageInfo { hasNextPage endCursor } edges { cursor node {"
N_ITEMS, N_OF_PAGE = 7, 2  # three pages and more, whatever goes meanwhile


@pytest.fixture
def world(parts: server.Parts, ann_caller: Caller, clock: FakeClock) -> Iterator[World]:
    parts.services.projects.ensure(ann_caller, None, "p", None)
    parts.services.registries.prepare("")
    yield World(parts, ann_caller, clock)


def read(world: World, ask: Ask, item: List, args: str) -> tuple[dict[str, Any], list[str]]:
    """The connection, and the names in it."""
    data = ask(query(world, item, args))
    for step in item.path.split("."):
        data = data[step]
    return data, [dig(edge["node"], item.name) for edge in data["edges"]]


def query(world: World, item: List, args: str) -> str:
    """What asks for a list."""
    args = ", ".join(part for part in (args, item.more) if part)
    text = item.read(world, f"({args})" if args else "")
    head, _, fields = text.partition("PAGE")
    inner, rest = fields.split("}", 1) if "{" not in fields.split("}")[0] else _nested(fields)
    return f"{head} {PAGE}{inner}}} }} }}{rest}"


def _nested(fields: str) -> tuple[str, str]:
    first, second, rest = fields.split("}", 2)
    return f"{first}}}{second}", rest


def dig(node: Any, path: str) -> str:
    for step in path.split("."):
        node = node[step]
    return str(node)


def connections() -> set[str]:
    """Every field of the schema that is a connection."""
    return {
        f"{kind.name}.{name}"
        for kind in build_schema().type_map.values()
        if not kind.name.startswith("__")
        for name, field in getattr(kind, "fields", {}).items()
        if get_named_type(field.type).name.endswith("Connection")
    }


def test_every_connection_of_the_schema_is_walked() -> None:
    assert connections() == {item.field for item in LISTS} | AT_ONCE | INTERFACE


def _cases() -> Iterator[Any]:
    """Each list on each database; on the one that CI waits less for, of one age and of many."""
    for item in LISTS:
        may_tie = "order" in item.more or item.remove is not None
        for database in ("sqlite", "postgresql"):
            for spread_s in (0, 1) if may_tie and database == "sqlite" else (int(not may_tie),):
                marks = [pytest.mark.postgres] if database == "postgresql" else []
                words = (database, f"{item.field}({item.more})", "ages" if spread_s else "ties")
                yield pytest.param(database, item, spread_s, id="-".join(words), marks=marks)


@pytest.mark.parametrize(("database_url", "item", "spread_s"), _cases(), indirect=["database_url"])
def test_what_stays_comes_once(world: World, ask: Ask, item: List, spread_s: int) -> None:
    made: dict[str, Any] = {}
    for n in range(N_ITEMS):
        made[f"i{n:02}"] = item.add(world, f"i{n:02}")
        world.clock.forward(spread_s)
    whole = read(world, ask, item, "")[1]
    assert len(whole) >= N_ITEMS, "nothing to walk"
    stays, seen, after, n_pages = set(whole), [], "", 0
    while True:
        found, names = read(world, ask, item, f"first: {N_OF_PAGE}{after}")
        seen += names
        if not found["pageInfo"]["hasNextPage"]:
            break
        n_pages += 1
        assert found["pageInfo"]["endCursor"] == found["edges"][-1]["cursor"]
        after = f', after: "{found["pageInfo"]["endCursor"]}"'
        if item.remove is not None:  # the two last given, and one that was to come
            ahead = [name for name in whole if name in made and name not in seen]
            for name in [*names[-2:], *ahead[1:2]]:
                if name in made:
                    item.remove(world, name, made.pop(name))
                    stays.discard(name)
        item.add(world, f"j{n_pages:02}")
    assert [name for name in seen if name in stays and seen.count(name) > 1] == []
    assert [name for name in whole if name in stays and name not in seen] == []
    assert len(seen) == len(set(seen))
    kept = [name for name in seen if name in whole]
    assert kept == [name for name in whole if name in kept]


def test_clients_whose_cursors_count_are_still_answered(world: World, ask: Ask) -> None:
    for item in (LISTS[0], next(i for i in LISTS if i.field == "Project.artifactCollections")):
        for n in range(5):
            item.add(world, f"i{n:02}")
        whole = read(world, ask, item, "")[1]
        assert read(world, ask, item, 'first: 2, after: "2"')[1] == whole[2:4]


CURSORS = ["?", "W10=", "WzFd", "bnVsbA==", "1" * 40, "WyJ4IiwieCJd", "é"]


def test_a_cursor_of_no_page_is_refused(world: World, ask: Ask) -> None:
    for n, item in enumerate({item.field: item for item in LISTS}.values()):
        item.add(world, f"i{n:02}")
        for cursor in CURSORS:
            if item.field != "Run.logLines":
                answer: Any = ask(query(world, item, f'first: 1, after: "{cursor}"'))
                assert getattr(answer, "status_code", 200) in (200, 400), (item.field, cursor)
