"""Columns are written in as few bytes as tell them exactly."""

import base64
import json

import numpy as np
import pytest

from sweepd.services.tables import json_columns
from tests.unit.services.tables.test_table_json import each

NAN = float("nan")


@pytest.mark.parametrize(
    ("numbers", "width"),
    [
        ([1.0, -127.0, NAN, 127.0], 1),
        ([0.0, NAN], 1),
        ([-0.0, 1.0], 4),
        ([1.0, 128.0], 2),
        ([-32767.0, NAN], 2),
        ([32768.0, NAN], 4),
        ([0.5, NAN], 4),
        ([0.1], 8),
        ([16777217.0], 8),
        ([1e300, 1.0], 8),
        ([5e-324], 8),
    ],
)
def test_numbers_are_as_narrow_as_they_are_exact(numbers: list[float], width: int) -> None:
    packed = json.loads(json_columns.numbers(np.asarray(numbers)))
    assert len(base64.b64decode(packed)) == width * len(numbers)
    found = each({"n": packed}, len(numbers))
    told = {i: number for i, number in enumerate(numbers) if number == number}
    assert [*map(repr, found.items())] == [*map(repr, told.items())]


@pytest.mark.parametrize(("highest", "width"), [(0, 1), (127, 1), (128, 2), (32768, 4)])
def test_places_are_as_narrow_as_they_can_be(highest: int, width: int) -> None:
    packed = json.loads(json_columns.codes(np.asarray([-1, highest])))
    assert len(base64.b64decode(packed)) == 2 * width
    texts = dict.fromkeys(range(highest + 1), "t")
    assert each({"c": packed, "t": texts}, 2) == {1: "t"}
