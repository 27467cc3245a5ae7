"""How deep and how wide a document may be, fragments filled in."""

import pytest
from graphql import parse

from sweepd.wandb_api.graphql.documents import measure
from sweepd.wandb_api.graphql.engine import MAX_DEPTH, MAX_FIELDS
from tests.protocol.conftest import Ask
from tests.protocol.conftest import ask as ask
from tests.protocol.conftest import http as http


def nested(levels: int) -> str:
    """A document of so many levels, valid for the schema: `__type { ofType { … } }`."""
    return '{ __type(name: "A") ' + "{ ofType " * (levels - 2) + "{ name }" + " }" * (levels - 1)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ a }", (1, 1)),
        ("{ a b { c } }", (2, 3)),
        ("{ a { b { c } } d { e } }", (3, 5)),
        ("{ ...F } fragment F on T { a { b } }", (2, 2)),
        ("{ x { ...F } y { ...F } } fragment F on T { a { b } }", (3, 6)),
        ("{ ...F ...F } fragment F on T { a ...G } fragment G on T { b { c } }", (2, 6)),
        ("{ ... on T { a } }", (2, 2)),  # a level more than it has: no harm
        ("query A { a } query B { b { c } }", (2, 2)),  # one of them runs
    ],
)
def test_levels_and_fields_are_counted_with_fragments_in_place(
    document: str, expected: tuple[int, int]
) -> None:
    assert measure(parse(document)) == expected


def test_thirty_levels_are_answered_and_one_more_is_refused(ask: Ask) -> None:
    assert ask(nested(MAX_DEPTH)) == {"__type": None}
    refused = ask(nested(MAX_DEPTH + 1))
    assert refused.status_code == 400
    assert "may be 30 levels deep" in refused.json()["errors"][0]["message"]


def test_depth_hidden_in_fragments_counts(ask: Ask) -> None:
    half = "{ ofType " * 15 + "{ %s }" + " }" * 15
    first, second = half % "...G", half % "name"
    text = f"fragment F on __Type {first} fragment G on __Type {second}"
    assert ask('{ __type(name: "A") { ...F } } ' + text).status_code == 400
    assert MAX_FIELDS == 10_000
