"""Spans of time as people write them."""

import pytest

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.durations import duration_text, seconds_of
from sweepd.search.grammar.sweep_file import parse


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("2h", 7200),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("45s", 45),
        ("0.5d", 43_200),
        (90, 90),
        (1.5, 1.5),
        ("2", None),
        ("two hours", None),
        ("2h or so", None),
        ("h", None),
        ("-2h", None),
        (True, None),
        (None, None),
        ([], None),
        ("9" * 60 + "h", None),
    ],
)
def test_a_span_is_read(raw, seconds):
    assert seconds_of(raw) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(7200, "2h"), (5400, "1h 30m"), (90_061, "1d 1h"), (45, "45s"), (0.2, "0.2s")],
)
def test_a_span_is_written(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize("raw", [0, -1, "0h", "soon", "99999d", float("inf"), {"h": 2}])
def test_what_is_no_span_is_refused_with_an_example(raw):
    with pytest.raises(ConfigError, match=r"sweepd\.budget: expected .* write 2h or 1h30m"):
        parse({"method": "random", "parameters": {"a": {"value": 1}}, "sweepd": {"budget": raw}})


def test_a_budget_is_kept_in_seconds():
    raw = {"method": "random", "parameters": {"a": {"value": 1}}, "sweepd": {"budget": "2h"}}
    assert parse(raw).extras.budget == 7200
