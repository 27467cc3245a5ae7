"""Every value from outside is read by its kind, or refused by its name."""

from collections.abc import Callable
from typing import Any

import pytest

from sweepd.domain.errors import BadInput
from sweepd.domain.fields import MAX_INT64, Fields

READERS: dict[str, Callable[[Fields], Any]] = {
    "text": lambda f: f.text("x"),
    "texts": lambda f: f.texts("x"),
    "whole": lambda f: f.whole("x"),
    "flag": lambda f: f.flag("x"),
    "object": lambda f: f.object("x"),
}
VALUES: dict[str, list[Any]] = {
    "text": ["", "a", "日本"],
    "texts": [[], ["a"]],
    "whole": [0, -1, MAX_INT64, -(2**63)],
    "flag": [True, False],
    "object": [{}, {"a": 1}],
}
WRONG: list[Any] = [
    2**63,
    -(2**63) - 1,
    10**400,
    1.5,
    1e300,
    float("nan"),
    float("inf"),
    [1],
    [None],
    [["a"]],
]


@pytest.mark.parametrize("reader", READERS)
def test_a_value_of_its_kind_is_read_and_any_other_refused(reader: str) -> None:
    read = READERS[reader]
    for kind, values in VALUES.items():
        for value in values:
            if kind == reader:
                assert read(Fields({"x": value})) == value
            elif value not in VALUES[reader] or isinstance(value, bool):
                with pytest.raises(BadInput, match="x should be"):
                    read(Fields({"x": value}))
    for value in WRONG:
        with pytest.raises(BadInput, match="x should"):
            read(Fields({"x": value}))
    assert read(Fields({"x": None})) == read(Fields({}))


def test_numbers_keep_to_their_range_and_texts_to_their_length() -> None:
    assert Fields({"x": 3.0}).whole("x") == 3
    with pytest.raises(BadInput, match="between 1 and 5; got 6"):
        Fields({"x": 6}).whole("x", 1, 5)
    assert Fields({"x": "abc"}).text("x", longest=2) == "ab"
    assert Fields({"x": "\ud800"}).text("x") == "�"
    with pytest.raises(BadInput, match="may hold 1 texts; got 2"):
        Fields({"x": ["a", "b"]}).texts("x", most=1)


@pytest.mark.parametrize("body", [None, [], 1, "x", True])
def test_what_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(BadInput, match="should be a JSON object"):
        Fields(body)


def test_words_say_something() -> None:
    assert Fields({"x": " a b "}).words("x", "the name") == "a b"
    for blank in ({}, {"x": ""}, {"x": " \t\n"}, {"x": None}):
        with pytest.raises(BadInput, match="the name is missing"):
            Fields(blank).words("x", "the name")
