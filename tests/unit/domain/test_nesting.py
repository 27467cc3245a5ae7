"""How deep JSON may be, by whatever reads it."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from sweepd.domain.errors import BadInput
from sweepd.domain.nesting import MAX_DEPTH, check_depth, holds_more, load

LOADS = pytest.mark.parametrize("loads", [json.loads, orjson.loads])


def lists(n: int) -> str:
    return "[" * n + "]" * n


def objects(n: int) -> str:
    return '{"é": ' * n + "0" + "}" * n


@LOADS
@pytest.mark.parametrize("make", [lists, objects])
def test_depth_ends_at_the_limit(loads: Callable[..., Any], make: Callable[[int], str]) -> None:
    text = make(MAX_DEPTH)
    assert load(text.encode(), "it", loads) == load(text, "it") == json.loads(text)
    check_depth(text, "it")
    for n in (MAX_DEPTH + 1, 900, 1100, 100_000):
        for whole in (make(n), f"[0, {make(n - 1)}]"):
            with pytest.raises(BadInput, match="it may be nested 200 levels deep; got more"):
                load(whole, "it", loads)
            with pytest.raises(BadInput, match="200 levels"):
                check_depth(whole, "it")


@LOADS
def test_what_is_wide_is_not_deep(loads: Callable[..., Any]) -> None:
    wide = json.dumps([[{}]] * 1000 + ["[" * 1000])
    assert load(wide, "it", loads) == json.loads(wide)


@LOADS
@pytest.mark.parametrize("text", ["{" * 300, "x" + "[" * 5000, "[}" * 300])
def test_what_is_no_json_is_told_by_its_reader(loads: Callable[..., Any], text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        load(text, "it", loads)
    check_depth(text, "it")


def test_values_are_counted_at_all_levels() -> None:
    for text in (b"[[[[]]]]", b'{"a": [1, 2]}', b'{"a": {"b": 1, "c": {}}}', b"[[], []]" + b"[0]"):
        assert holds_more(text, 2)
        assert not holds_more(text, 3)
    assert not holds_more(rb'["[,[,\",[", "\\", ","]', 3)
