"""How a logged line is read: as it was written, whatever orjson makes of wide numbers."""

from typing import Any

import pytest

from sweepd.store.columns.rows import loads, parse_line

WIDE = 123_456_789_012_345_678_901  # more than 64 bits


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f'{{"n": {WIDE}}}', {"n": WIDE}),
        (f'{{"n": [-{WIDE}, 7]}}', {"n": [-WIDE, 7]}),
        ('{"n": 0.5, "t": "é"}', {"n": 0.5, "t": "é"}),
        ('{"n": Infinity, "t": "\\ud800"}', {"n": float("inf"), "t": "\ud800"}),
    ],
)
def test_numbers_and_texts_are_those_that_were_logged(text: str, value: dict[str, Any]) -> None:
    assert loads(text) == loads(text.encode()) == parse_line(text) == value


@pytest.mark.parametrize("before", ["", " ", "[", "[7,", "[7, ", "[\n", "[\r", "[\t", '{"n":'])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_wide_number_is_read_wherever_it_stands(before: str, sign: str) -> None:
    text = f"{before}{sign}{WIDE}" + {"[": "]", "{": "}"}.get(before[:1], "")
    value = loads(text)
    assert loads(text.encode()) == value
    number = value if isinstance(value, int) else [*value.values()][-1:] if "n" in text else value
    assert (number if isinstance(number, int) else number[-1]) == int(f"{sign}{WIDE}")


def test_what_is_no_object_is_empty() -> None:
    assert parse_line("[1]") == parse_line("{") == parse_line("[" * 100_000) == {}
