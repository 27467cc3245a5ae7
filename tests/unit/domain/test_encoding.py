"""Every value can leave: as strict JSON, as text, as one line, as a cell of a table."""

import csv
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepd.domain import encoding, spreadsheets


class Word(StrEnum):
    A = "a"


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no words")


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
DEEP: Any = 1
for _ in range(5000):
    DEEP = [DEEP]

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**4500), 10**4500),
    st.floats(),
    st.text(st.characters()),
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.decimals(),
    st.uuids(),
    st.frozensets(st.integers(), max_size=3),
    st.sampled_from([Word.A, Broken(), Path("a"), object, {1, "a", None}]),
)
KEYS = st.one_of(
    st.text(st.characters(), max_size=5),
    st.integers(),
    st.none(),
    st.floats(),
    st.tuples(st.integers()),
    st.booleans(),
    st.binary(max_size=3),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3) | st.tuples(inner)
    ),
    max_leaves=8,
)


def strict(text: str) -> Any:
    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(VALUES)
def test_any_value_is_written(value: Any) -> None:
    strict(encoding.to_json(value).decode())
    written = encoding.to_json_text(value)
    assert strict(written) == encoding.plain(value)
    assert written.encode() is not None
    assert encoding.text_of(value).encode() is not None
    assert encoding.one_line(encoding.text_of(value)).isprintable()
    assert spreadsheets.cell(value).encode() is not None
    assert "\0" not in spreadsheets.cell(value)


@pytest.mark.parametrize("value", [CIRCLE, DEEP, {"a": CIRCLE}], ids=["circle", "deep", "in it"])
def test_what_has_no_end_is_cut(value: Any) -> None:
    assert encoding.MORE in encoding.to_json(value).decode()
    assert spreadsheets.cell(value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (float("nan"), "NaN"),
        (-float("inf"), "-Infinity"),
        (10**400, 10**400),
        (10**5000, "1e+5000"),
        (-(12 * 10**5000), "-1.2e+5001"),
        (10**40_000, "1e+40000"),
        ("\ud83d\ude00", "😀"),
        ("a\ud800", "a\N{REPLACEMENT CHARACTER}"),
        (b"text", "text"),
        (b"\xff", "/w=="),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (time(1, 2), "01:02:00"),
        (timedelta(seconds=2), "2.0 s"),
        (Decimal("1.5"), "1.5"),
        ({3, 1}, [1, 3]),
        ((1, 2), [1, 2]),
        (Word.A, "a"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Broken(), "<Broken>"),
        ({None: 1, 2: 3, True: 4}, {"null": 1, "2": 3, "true": 4}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_has_not_is_told(value: Any, told: Any) -> None:
    assert encoding.plain(value) == told
    assert type(encoding.plain(value)) is type(told)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\N{NO-BREAK SPACE}=1",
        "\n=1",
        '=HYPERLINK("http://x")',
        "-",
        "+",
        "|x",
        "%0",
    ],
)
def test_a_spreadsheet_runs_nothing(text: str) -> None:
    lines = list(
        csv.reader("".join(spreadsheets.csv_text([text], [[text], [[text]]])).splitlines(True))
    )
    assert all(not spreadsheets.is_formula(line[0]) for line in lines)
    assert lines[0][0] == f"'{text}"


@pytest.mark.parametrize(
    "value", [-1, -1.5, "-1.5", "+3", "-Infinity", float("-inf"), -(10**400)], ids=str
)
def test_numbers_stay_numbers(value: Any) -> None:
    assert float(spreadsheets.cell(value)) == float("-inf" if value == -(10**400) else value)
    assert not spreadsheets.cell(value).startswith("'")
