"""Curves for panels: what is drawn is there, extremes too, however a history is kept."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepd.services.streams.traces import Tracing, thin
from sweepd.store.columns.packing import pack
from sweepd.store.pieces import ChunkPiece, Piece, SegmentPiece

numbers = st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=300)


@given(numbers, st.integers(2, 50))
def test_thinning_keeps_first_last_and_extremes_in_order(given_: list[float], most: int) -> None:
    values = np.array(given_, np.float64)
    kept = thin(values, most)
    assert len(kept) <= max(most, 4) + 1 and (np.diff(kept) > 0).all()
    if not len(values):
        return
    assert kept[0] == 0 and kept[-1] == len(values) - 1
    finite = values[np.isfinite(values)]
    if len(finite):
        assert finite.min() in values[kept] and finite.max() in values[kept]


def rows(n: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for i in range(n):
        row: dict[str, object] = {"_step": 2 * i, "_timestamp": 1000.0 + i, "loss": math.sin(i)}
        if i % 3 == 0:
            row |= {"val": float(i), "epoch": i // 3}
        if i == 7:
            row["loss"] = math.nan
        found.append(row)
    return found


def kept_in(way: str, lines: list[str]) -> list[Piece]:
    chunk = ChunkPiece(0, lines)
    if way == "chunks":
        return [chunk]
    body = pack(lines)
    return [SegmentPiece(0, len(lines), 0, body, None)]  # type: ignore[arg-type]


WAYS = ["chunks", "segment"]


def traced(way: str, n: int, *args: object, **words: object) -> dict[str, object]:
    tracing = Tracing(*args, **words)  # type: ignore[arg-type]
    for piece in kept_in(way, [json.dumps(row) for row in rows(n)]):
        tracing.add(piece)
    return {
        key: (trace.x.tolist(), trace.y.tolist(), trace.n)
        for key, trace in tracing.traces().items()
    }


@pytest.mark.parametrize("way", WAYS)
def test_a_key_is_drawn_where_it_was_logged(way: str) -> None:
    found = traced(way, 10, ["val", "loss", "nobody"], "_step", 100)
    assert found["val"] == ([0, 6, 12, 18], [0, 3, 6, 9], 4)
    xs, ys, n = found["loss"]
    assert (xs, n) == ([2 * i for i in range(10)], 10) and math.isnan(ys[7])
    assert "nobody" not in found


@pytest.mark.parametrize("way", WAYS)
def test_time_relative_time_and_other_keys_are_axes(way: str) -> None:
    assert traced(way, 4, ["val"], "_timestamp", 100)["val"][0] == [1000, 1003]
    assert traced(way, 4, ["val"], "_runtime", 100)["val"][0] == [0, 3]
    xs, _, n = traced(way, 7, ["loss"], "epoch", 100)["loss"]
    assert xs == [0, 0, 0, 1, 1, 1, 2], "a key that not all rows have holds until the next"
    assert n == 7


@pytest.mark.parametrize("way", WAYS)
def test_a_range_is_drawn_in_full(way: str) -> None:
    xs, _, n = traced(way, 5000, ["loss"], "_step", 200, low=100, high=160)["loss"]
    assert xs == list(range(100, 161, 2)) and n == 31


@pytest.mark.slow
@settings(deadline=None, max_examples=8)
@given(st.integers(2, 2000), st.sampled_from(WAYS))
def test_however_long_a_history_its_extremes_are_drawn(n_points: int, way: str) -> None:
    n = 6000
    lines = [{"_step": i, "_timestamp": i, "a": 0.0} for i in range(n)]
    lines[1234]["a"], lines[4321]["a"] = 9.0, -9.0
    tracing = Tracing(["a"], "_step", n_points)
    for piece in kept_in(way, [json.dumps(line) for line in lines]):
        tracing.add(piece)
    trace = tracing.traces()["a"]
    points = dict(zip(trace.x.tolist(), trace.y.tolist(), strict=True))
    assert (points[1234], points[4321], trace.n) == (9.0, -9.0, n)
    assert len(points) <= n_points + 4 and points.keys() >= {0, n - 1}
