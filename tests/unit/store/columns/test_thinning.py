"""Levels and samples hold the extremes, and at each kept row what was logged there."""

import json
from typing import Any

import numpy as np
import pytest

from sweepd.store.columns.packing import pack
from sweepd.store.columns.segment import Segment
from sweepd.store.columns.thinning import (
    BUCKET,
    LEAST_FOR_SAMPLE,
    MAX_SAMPLED,
    SAMPLE_BUCKET,
    extremes,
)


def opened(body: bytes) -> Segment:
    return Segment(lambda start, n_bytes: body[start : start + n_bytes])


@pytest.mark.parametrize("n", [1, BUCKET, BUCKET + 1, 1000])
def test_a_level_holds_the_extremes_and_the_last_of_each_bucket(n: int) -> None:
    values = np.random.default_rng(n).random(n)
    values[:: max(2, n // 7)] = np.nan
    kept = set(extremes(values, BUCKET).tolist())
    for start in range(0, n, BUCKET):
        part = values[start : start + BUCKET]
        assert start + len(part) - 1 in kept
        if not np.isnan(part).all():
            assert {start + int(np.nanargmin(part)), start + int(np.nanargmax(part))} <= kept
    assert len(kept) <= 3 * -(-n // BUCKET)


@pytest.mark.parametrize("name", ["Acc", "acc"])
def test_a_level_tells_the_steps_of_its_rows_whatever_other_keys_there_are(name: str) -> None:
    rows = [{name: float(i % 7), "_step": 3 * i, "loss": (i * 31) % 997} for i in range(2000)]
    segment = opened(pack([json.dumps(row) for row in rows]))
    levels = {column.name: segment.level(column) for column in segment.columns}
    assert levels.pop("_step") is None and levels.keys() == {name, "loss"}
    for key, level in levels.items():
        assert level is not None and level.steps is not None and level.times is None
        assert level.steps.tolist() == [3 * row for row in level.rows.tolist()]
        assert level.values.tolist() == [rows[row][key] for row in level.rows.tolist()]


@pytest.mark.parametrize(("key", "odd"), [("_step", None), ("_timestamp", None), ("_step", 0.5)])
def test_where_only_some_rows_have_a_step_or_a_time_there_is_no_level(key: str, odd: Any) -> None:
    rows: list[dict[str, Any]] = [{"loss": i, key: i} for i in range(2000)]
    rows[77] = {"loss": 77} if odd is None else {"loss": 77, key: odd}
    segment = opened(pack([json.dumps(row) for row in rows]))
    assert [segment.level(column) for column in segment.columns] == [None] * 2


def sampled_rows(n: int, n_keys: int) -> list[dict[str, Any]]:
    """Whole numbers, floats, mixed ones, words, and a key that not every row has."""
    rng = np.random.default_rng(n)
    rows = []
    for i in range(n):
        row = {f"k{k}": rng.random() for k in range(n_keys)}
        row |= {"_step": i, "count": int(rng.integers(10**12)), "word": "x"}
        row["mixed"] = 1 if i % 2 else 0.5
        if i % 3:
            row["sparse"] = rng.random()
        rows.append(row)
    return rows


def test_a_sample_tells_exactly_what_rows_with_extremes_hold() -> None:
    rows = sampled_rows(LEAST_FOR_SAMPLE + 5, 3)
    segment = opened(pack([json.dumps(row) for row in rows]))
    sample = segment.sample
    assert sample is not None
    kept = sample.rows.tolist()
    assert kept[0] == 0 and len(kept) <= 1 + 4 * 3 * -(-len(rows) // SAMPLE_BUCKET)
    told = {}
    for column in segment.columns:
        values = sample.values(column)
        if values is not None:
            told[column.name] = values.tolist()
    assert told.keys() == {"k0", "k1", "k2", "_step", "count"}
    for key, values in told.items():
        assert repr(values) == repr([rows[row][key] for row in kept])
        if key != "_step":
            for start in range(0, len(rows), SAMPLE_BUCKET):
                part = [row[key] for row in rows[start : start + SAMPLE_BUCKET]]
                assert {min(part), max(part), part[-1]} <= set(values)


@pytest.mark.parametrize(
    ("n", "n_keys"), [(LEAST_FOR_SAMPLE - 1, 3), (LEAST_FOR_SAMPLE, MAX_SAMPLED)]
)
def test_short_and_wide_segments_have_no_sample(n: int, n_keys: int) -> None:
    lines = [json.dumps(row) for row in sampled_rows(n, n_keys)]
    assert opened(pack(lines)).sample is None
