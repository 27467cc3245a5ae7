"""Values by content: what is equal, what is a number, what lies within."""

import json
import math

import numpy as np
import pytest

from sweepd.search.canonical import content, is_number, is_within, plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        ("3.0", "3.0"),
        (3, 3),
        (3.0, 3),
        (-0.0, 0),
        (0.5, 0.5),
        (math.inf, {"float": "inf"}),
        ({1: 2.0, "b": [1.0, (2.0,)]}, {"1": 2, "b": [1, [2]]}),
        (np.float64(2.0), 2),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (b"x", {"repr": "b'x'"}),
    ],
)
def test_a_value_is_told_as_json_has_it(value, expected):
    found = plain(value)
    assert found == expected and type(found) is type(expected)
    assert content(value) == json.dumps(expected, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (0, False), (1, "1"), (None, "null"), ([], {}), (1.5, "1.5"), ([1], [1, 1])],
)
def test_different_contents_have_different_texts(one, other):
    assert content(one) != content(other)


def test_the_order_of_keys_does_not_count_that_of_items_does():
    assert content({"a": 1, "b": 2}) == content({"b": 2, "a": 1})
    assert content([1, 2]) != content([2, 1])
    assert content("é") == '"\\u00e9"'


@pytest.mark.parametrize("value", [0, -3, 2.5, 10**300])
def test_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize("value", [True, None, "1", math.nan, math.inf, 10**400, [1]])
def test_no_numbers(value):
    assert not is_number(value)


@pytest.mark.parametrize(
    ("known", "value", "expected"),
    [
        ({"a": 1}, {"a": 1.0, "more": 2}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        ({"a": 1}, [1], False),
        ({}, {}, True),
        ([1], [1.0], True),
        ([1], [1, 2], False),
        (1, True, False),
    ],
)
def test_an_object_may_carry_more_than_is_known_of_it(known, value, expected):
    assert is_within(known, value) is expected
