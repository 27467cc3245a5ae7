"""A column is as narrow as what it holds, and says the same however narrow."""

import random
from typing import Any

import numpy as np
import pytest

from sweepd.domain.config import MISSING
from sweepd.services.tables import column as columns
from sweepd.services.tables.column import Coded, Column, Numbers


def values_of(column: Column, n: int) -> list[Any]:
    """What the rows hold."""
    found: list[Any] = [MISSING] * n
    for group in column.groups(np.arange(n)):
        if isinstance(group, Numbers):
            for row, value, is_whole in zip(
                group.rows, group.values.tolist(), group.are_whole, strict=True
            ):
                found[row] = int(value) if is_whole else value
        elif isinstance(group, Coded):
            for row, code in zip(group.rows, group.codes, strict=True):
                found[row] = group.values[code]
    return found


@pytest.mark.parametrize(
    ("values", "width"),
    [
        ([1, -128, 127], 1),
        ([True, None, 3], 1),
        ([128, 0], 2),
        ([-(2**31), 0], 4),
        ([2**31, 0], 8),
        ([0, 0.5], 8),
        ([-0.0], 8),
        ([str(i) for i in range(129)], 2),
    ],
)
def test_a_column_is_as_narrow_as_what_it_holds(values: list[Any], width: int) -> None:
    column = Column(len(values))
    column.put(range(len(values)), values)
    assert column.numbers.itemsize == width
    assert repr(values_of(column, len(values))) == repr(values)


@pytest.mark.parametrize("seed", range(20))
def test_it_holds_what_was_put_last(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "SLACK", 3)
    rng, n = random.Random(seed), 12
    column, expected = Column(n), [MISSING] * n
    kinds: list[Any] = [
        lambda: rng.randrange(-300, 300),
        lambda: rng.choice([0.5, -0.0, 1e300, float("inf")]),
        lambda: rng.choice("abcdefghijklmno"),
        lambda: str(rng.random()),
        lambda: rng.choice([None, True, False, [1], {"a": "b"}, '["a"]', ["a"], 2**40]),
    ]
    for _ in range(60):
        rows = rng.sample(range(n), rng.randrange(1, 5))
        own = rng.choice(kinds)
        values = [own() for _ in rows]
        column.clear(np.asarray(rows))
        column.put(rows, values)
        for row, value in zip(rows, values, strict=True):
            expected[row] = value
        if rng.random() < 0.2:
            column.settle()
        if rng.random() < 0.1:
            column.grow(n)
        assert repr(values_of(column, n)) == repr(expected)
        assert len(column.texts) <= 2 * n + 3 + 5
