"""How deep JSON may be, by whatever reads it."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from sweepd.domain import nesting
from sweepd.domain.errors import BadInput, TooLarge
from sweepd.domain.nesting import MAX_DEPTH, check_depth, holds_more, load, pruned

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


@LOADS
def test_what_is_long_is_read_as_what_is_short(
    loads: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With words of ours in between, so that others get their turn."""
    texts = [
        json.dumps({"a": [1, -2.5e-7, True, None, "é\\u00e9", {}, []], "b": {"c": 2**60}}),
        '{"a": 1, "a": 2}',
        "[NaN]",
        "[1,]",
        '{"a": "' + chr(0x10FFFF) + '"}',
        '["\\ud800"]',
        "[" * 150 + "]" * 150,
        "",
    ]

    def found(text: bytes) -> Any:
        try:
            return repr(load(text, "it", loads))
        except ValueError:
            return "no JSON"

    for text in texts:
        short = found(text.encode())
        monkeypatch.setattr(nesting, "LONG", -1)
        assert found(text.encode()) == short, text
        monkeypatch.undo()


@pytest.mark.slow
def test_others_get_their_turn_while_a_long_text_is_read() -> None:
    """A thread that does nothing but count comes to count; C code alone would not let it."""
    stop, n_turns = threading.Event(), [0]

    def count() -> None:
        while not stop.is_set():
            n_turns[0] += 1
            time.sleep(0)

    text = json.dumps([{"a": i, "b": 0.5} for i in range(200_000)])
    other = threading.Thread(target=count)
    other.start()
    before = n_turns[0]
    load(text, "it", orjson.loads)
    stop.set()
    other.join()
    assert n_turns[0] > before + 3


def test_counting_ends_as_soon_as_it_is_clear() -> None:
    """15 million empty texts were looked at one by one, while all waited."""
    text = b"[" + b'"",' * 1_000_000 + b'""]'
    assert 10 < nesting.count_values(text, 10) < 20
    assert nesting.count_values(text, 2_000_000) == 1_000_001
    assert nesting.count_values(b'["a,b,c", "[{", 1]', 2) == 3


def test_a_text_holds_so_many_values() -> None:
    with pytest.raises(TooLarge, match="it may hold 3 values"):
        load("[1, 2, 3, 4]", "it", most=3)
    assert load("[1, 2]", "it", most=3) == [1, 2]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (
            '{"a": [[[1]], 2], "b": {"c": {"d": 1}, "e": 2}}',
            {"a": [["…"], 2], "b": {"c": {"d": 1}, "e": 2}},
        ),
        ('{"a": "[[[", "b": [["]]"]]}', {"a": "[[[", "b": [["]]"]]}),
        ('{"a": [1,2,3,4,5,6,7,8,9,10,11,12,13], "b": [1], "c": 5}', None),
        ('{"a": {"x": 1, "y": [1,2,3,4,5,6,7,8,9,10], "z": 1}, "c": 5}', None),
    ],
)
def test_a_row_is_kept_but_for_what_is_too_much(
    line: str, kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nesting, "MAX_DEPTH", 3)
    monkeypatch.setattr(nesting, "MAX_VALUES", 12)
    found = json.loads(pruned(line))
    if kept is not None:
        assert found == kept
    else:
        assert found["c"] == 5
        assert nesting.MORE.strip('"') in json.dumps(found, ensure_ascii=False)
        assert nesting.count_values(pruned(line), 0) <= 12 + 5
