"""What is written as an array is read by PostgreSQL as the values it was made of."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sweepd.store.array_text import written

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "text": TEXTS | st.sampled_from(["", "NULL", "null", "{}", ",", '"', "\\", '\\"', " a ", "\n"]),
    "bytea": st.binary(max_size=9) | st.sampled_from([b"", b"\\", b'"', b"\0", b"\xff"]),
    "boolean": st.booleans(),
    "double precision": st.floats(allow_nan=False),
}


@pytest.fixture(scope="module")
def connection(postgresql: str) -> Iterator[psycopg.Connection[Any]]:
    url = postgresql.replace("postgresql+psycopg", "postgresql") + "/postgres"
    with psycopg.connect(url, autocommit=True) as connected:
        yield connected


@pytest.mark.postgres
@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_each_kind_is_read_as_it_was(
    connection: psycopg.Connection[Any], kind: str, data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.none() | KINDS[kind], max_size=6))
    query = f"SELECT value FROM unnest(%s::{kind}[]) WITH ORDINALITY AS of (value, n) ORDER BY n"
    rows = connection.execute(query, [written(values)], prepare=True).fetchall()
    assert [row[0] for row in rows] == values


@given(values=st.lists(st.integers() | TEXTS | st.booleans() | st.floats() | st.none(), max_size=5))
@example(values=[1, True])
@example(values=[])
def test_mixed_kinds_and_others_are_left_to_the_driver(values: Sequence[Any]) -> None:
    kinds = {type(value) for value in values if value is not None}
    is_ours = len(kinds) < 2 and kinds <= {int, str}
    assert isinstance(written(values), str if is_ours else list)


def test_a_key_that_is_an_enumeration_is_left_to_the_driver() -> None:
    class Kind(str):
        """A text of a kind of its own."""

    assert written([Kind("a")]) == [Kind("a")]
