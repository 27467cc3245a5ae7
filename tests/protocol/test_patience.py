"""Every look into the database for a request, by GraphQL or a page, is one that ends with it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from sweepd.domain import patience
from sweepd.domain.errors import BadInput, TooLarge
from sweepd.domain.patience import ENDLESS, Patience
from sweepd.services.filters import mongo
from sweepd.store.database import Connection, Database
from tests.protocol.access_cases import CASES
from tests.protocol.access_world import ANN, Guarded, ask
from tests.protocol.test_access import filled
from tests.protocol.test_access_addresses import _addresses, _sender

# One row by a key: who asks, and how long a file is.
QUICK = {"visitor_of", "sign_in", "begin", "size_of", "find_bytes", "find_project_bytes"}


@pytest.fixture
def unbounded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of functions that read for ever, for all that anybody could do about it."""
    found: list[str] = []
    read = Database.read

    @contextmanager
    def spied(self: Database) -> Iterator[Connection]:
        names, frame = [], sys._getframe(2)
        current: FrameType | None = frame
        while current is not None:
            names.append(current.f_code.co_name)
            current = current.f_back
        if patience.current() is ENDLESS and not QUICK & set(names):
            found.append(" < ".join(names[:6]))
        with read(self) as connection:
            yield connection

    monkeypatch.setattr(Database, "read", spied)
    return found


@pytest.mark.slow
def test_what_graphql_reads_ends_with_the_request(guarded: Guarded, unbounded: list[str]) -> None:
    for name, case in CASES.items():
        if name.startswith("Query."):
            ask(guarded.http, ANN, case.document, **filled(case.variables, guarded.world))
    assert unbounded == []


@pytest.mark.slow
def test_what_pages_read_ends_with_the_request(guarded: Guarded, unbounded: list[str]) -> None:
    send = _sender(guarded.http, ANN)
    for key, path in _addresses(guarded.world).items():
        if not path.endswith(("/events", "/file_stream")) and "/artifactsV2/" not in path:
            send(key, path)
    assert unbounded == []


WIDE = list(range(90_000))
FILTERS: list[dict[str, Any]] = [
    {"config.a": {"$in": WIDE}},
    {"config.a": {"$nin": WIDE}},
    {"config.a": {"$all": [7] * 90_000}},
    {"$or": [{"config.a": n} for n in range(30_000)]},
    {"$nor": [{"config.a": {"$regex": f"x{n}"}} for n in range(300)]},
    {"$and": [{"config.a": {"$gt": -1}}] * 30_000},
]


@pytest.mark.slow
@pytest.mark.parametrize("tree", FILTERS, ids=lambda tree: next(iter(str(tree)[:24].split("["))))
def test_a_filter_ends_with_the_request(tree: dict[str, Any]) -> None:
    class Thing:
        n_reads = 0

    def read(path: str) -> Any:
        def value(thing: Thing) -> Any:
            thing.n_reads += 1
            return WIDE

        return value

    test, thing, request = mongo.compile_filter(json.dumps(tree), read), Thing(), Patience()
    with patience.working_for(request):
        request.abandon()
        with pytest.raises(TooLarge):
            test(thing)
    assert thing.n_reads <= 1


@pytest.mark.parametrize(
    "tree",
    [
        {"config.a": {"$in": list(range(mongo.MAX_VALUES))}},
        {"config." + "a." * mongo.MAX_PATH: 1},
    ],
    ids=["values", "key"],
)
def test_a_filter_has_an_end(tree: dict[str, Any]) -> None:
    with pytest.raises((BadInput, TooLarge)):
        mongo.compile_filter(json.dumps(tree))


def test_an_order_has_an_end() -> None:
    with pytest.raises(BadInput, match="one key"):
        mongo.ranker("+config." + "a." * mongo.MAX_PATH)
