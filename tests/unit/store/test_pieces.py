"""Lines answer alike wherever they lie: as sent, or within packed ones, beside others."""

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sweepd.domain import patience
from sweepd.domain.config import MISSING, find
from sweepd.domain.errors import NotFound, TooLarge
from sweepd.domain.patience import Patience
from sweepd.store.blob_names import blob_place
from sweepd.store.blobs import Blobs
from sweepd.store.columns.arrays import Ints
from sweepd.store.columns.packing import pack
from sweepd.store.columns.thinning import BUCKET, LEAST_FOR_LEVEL
from sweepd.store.folder import Folder
from sweepd.store.pieces import ChunkPiece, Piece, SegmentPiece, each

NOWHERE: Any = None  # no bytes lie there: none should be looked for
VALUES = st.one_of(
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.booleans(),
    st.text(max_size=2),
    st.none(),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 3), max_size=2),
)
ROWS = st.dictionaries(st.sampled_from(["a", "b", "a.b", "loss"]), VALUES, max_size=4)
STEPS = st.one_of(st.none(), st.lists(st.integers(1, 3), min_size=12, max_size=12))
PATHS = ["a", "b", "a.b", "a.a", "loss", "_step", "_step.a", "c"]


def lying(lines: list[str], first: int = 7) -> list[Piece]:
    """Lines as every kind of piece holds them."""
    n = len(lines)
    around = ['{"loss": 9, "_step": 0}', '{"a": {"b": 1}}', "no row"]
    return [
        ChunkPiece(first, [*lines]),
        SegmentPiece(first, n, 0, pack(lines), NOWHERE),
        SegmentPiece(first, n, 3, pack([*around, *lines, *around]), NOWHERE),
        SegmentPiece(first, n, 0, pack([*lines, lines[0]]), NOWHERE),
    ]


def wanted(n: int) -> list[Ints | None]:
    """All, and some of so many rows."""
    return [None, np.arange(0), np.arange(0, n, 2), np.array([n - 1])]


def same(found: Sequence[float], expected: Sequence[float]) -> bool:
    return np.array_equal(np.array(found), np.array(expected, np.float64), equal_nan=True)


def number(row: dict[str, Any], path: str) -> float:
    value = find(row, path)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else math.nan


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=12), STEPS)
@example([{"loss": 1}, {"loss": True}, {"loss": "x"}, {}], None)
@example([{"a": {"b": 1}}, {"a.b": 2}, {"a": 3}], None)
@example([{"loss": i} for i in range(5)], [1] * 12)
def test_rows_steps_numbers_and_presence_are_the_same_in_every_piece(
    rows: list[dict[str, Any]], steps: list[int] | None
) -> None:
    if steps is not None:
        at = np.cumsum(steps).tolist()
        rows = [{**row, "_step": at[i]} for i, row in enumerate(rows)]
    pieces = lying([json.dumps(row) for row in rows])
    assert len(pieces) == 4
    for piece in pieces:
        assert (piece.first, piece.n) == (7, len(rows))
        for some in wanted(len(rows)):
            expected = rows if some is None else [rows[i] for i in some.tolist()]
            assert piece.rows(some) == expected
            assert [json.loads(line) for line in piece.lines(some)] == expected
            of_a = piece.rows(some, keys=["a"])
            assert [find(row, "a") for row in of_a] == [find(row, "a") for row in expected]
        assert piece.steps().tolist() == [row.get("_step", -1) for row in rows]
        for path in PATHS:
            assert same(piece.numbers(path), [number(row, path) for row in rows])
        for keys in ([path] for path in PATHS):
            assert piece.having(keys).tolist() == [has(row, keys) for row in rows]
        assert piece.having(["a", "b", "a"]).tolist() == [has(row, ["a", "b"]) for row in rows]
        assert piece.having([]).tolist() == [True] * len(rows)
        piece.close()


def has(row: dict[str, Any], keys: Sequence[str]) -> bool:
    return all(find(row, key) is not MISSING for key in keys)


@pytest.mark.parametrize(
    "steps",
    [
        [4],
        [-1],
        [0, 1, 2, 3],
        [5, 6, 9],  # a gap
        [-1, 0, 1],
        [3, -1, 5, 7],
        [-1, -1],
        [7, 7, 7],
    ],
)
def test_steps_of_every_shape(steps: list[int]) -> None:
    rows = [{"loss": i} | ({"_step": step} if step >= 0 else {}) for i, step in enumerate(steps)]
    found = [piece.steps().tolist() for piece in lying([json.dumps(row) for row in rows])]
    assert found == [steps] * 4


def test_steps_without_a_gap_are_told_by_the_first_and_the_last_line() -> None:
    piece = ChunkPiece(0, ['{"_step": 5}', "never read", '{"_step": 7}'])
    assert piece.steps().tolist() == [5, 6, 7]


def test_lines_that_are_no_rows_stand_empty_in_their_places() -> None:
    lines = ['{"loss": 1}', "[3]", "", '{"loss": 2.5, "_step": 8}']
    for piece in lying(lines):
        assert piece.rows() == [{"loss": 1}, {}, {}, {"loss": 2.5, "_step": 8}]
        assert piece.lines(np.array([1, 2])) == ["[3]", ""]
        assert piece.steps().tolist() == [-1, -1, -1, 8]
        assert same(piece.numbers("loss"), [1, math.nan, math.nan, 2.5])
        assert piece.having(["loss"]).tolist() == [True, False, False, True]


def test_a_level_has_the_extremes_and_the_last_of_each_stretch() -> None:
    n = LEAST_FOR_LEVEL + 10
    values = np.random.default_rng(1).normal(size=n)
    lines = [json.dumps({"loss": value}) for value in values.tolist()]
    whole = SegmentPiece(0, n, 0, pack(lines), NOWHERE)
    assert whole.is_whole and not SegmentPiece(1, n - 1, 1, pack(lines), NOWHERE).is_whole
    column = whole.only("loss")
    assert column is not None and whole.only("other") is None
    level = whole.segment.level(column)
    assert level is not None and level.steps is level.times is None
    at = level.rows
    assert np.array_equal(level.values, values[at])
    for start in range(0, n, BUCKET):
        stretch = values[start : start + BUCKET]
        kept = set((at[(at >= start) & (at < start + BUCKET)] - start).tolist())
        assert kept == {int(stretch.argmin()), int(stretch.argmax()), len(stretch) - 1}


def test_one_column_alone_is_read_only_where_no_other_key_could_mean_the_same() -> None:
    def only(*rows: dict[str, Any]) -> list[str | None]:
        piece = SegmentPiece(0, len(rows), 0, pack([json.dumps(row) for row in rows]), NOWHERE)
        columns = [piece.only(path) for path in ("a", "a.b", "loss")]
        return [column.name if column else None for column in columns]

    assert only({"a": 1, "loss": 2}) == ["a", None, "loss"]
    assert only({"a": {"b": 1}, "loss": 2}) == [None, "a.b", "loss"]
    assert only({"a": {"b": 1}, "loss": 2}, {"a": 1}) == [None, None, "loss"]
    assert only({"a": {"b": 1}, "loss": 2}, {"a.b": 1}) == [None, None, None], "two of one name"


def test_what_was_parsed_is_kept_only_where_it_is_little() -> None:
    piece = ChunkPiece(0, ['{"loss": 1}', '{"loss": 2}'])
    rows = piece.rows()
    assert piece.rows() is rows, "parsed once"
    assert piece.rows(np.array([1]))[0] is rows[1]
    piece.is_kept = True
    piece.close()
    assert piece.rows() is rows
    piece.is_kept = False
    piece.close()
    assert piece.rows() is not rows


def blob(tmp_path: Path, body: bytes) -> tuple[str, Blobs]:
    """Bytes in a folder of blobs, and their name there."""
    name = hashlib.sha256(body).hexdigest()
    path = tmp_path / blob_place(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return name, Blobs(Folder(tmp_path))


def test_a_segment_in_a_blob_is_opened_when_needed_and_again_after_it_was_closed(
    tmp_path: Path,
) -> None:
    lines = [json.dumps({"loss": i, "_step": i}) for i in range(9)]
    name, blobs = blob(tmp_path, pack(lines))
    pieces = [SegmentPiece(0, 4, 0, name, blobs), SegmentPiece(4, 3, 5, name, blobs)]
    found = []
    for piece in each(pieces):
        assert isinstance(piece, SegmentPiece)
        found.append(piece.numbers("loss").tolist())
        assert piece._file is not None
    assert found == [[0, 1, 2, 3], [5, 6, 7]]
    assert [piece._file for piece in pieces] == [None, None], "each is closed"
    assert pieces[1].steps().tolist() == [5, 6, 7]
    pieces[1].close()


def test_bytes_that_are_gone_or_damaged_are_told_as_such(tmp_path: Path) -> None:
    lines = ['{"loss": 1}', '{"loss": 2.5, "acc": 1}']
    whole = pack(lines)
    name, blobs = blob(tmp_path, whole)
    for body, told in (
        (b"not a segment at all", "damaged"),
        (whole[:12] + bytes(8) + whole[20:], "damaged"),
        (whole[:-3], "cut short"),
        (whole[:5], "cut short"),
    ):
        (tmp_path / blob_place(name)).write_bytes(body)
        piece = SegmentPiece(0, 2, 0, name, blobs)
        with pytest.raises(NotFound, match=f"history is {told} on the server; restore a backup"):
            piece.rows()
        piece.close()
    (tmp_path / blob_place(name)).unlink()
    with pytest.raises(NotFound, match="is gone on the server"):
        SegmentPiece(0, 2, 0, name, blobs).rows()


def test_reading_ends_with_the_request_between_two_pieces() -> None:
    request = Patience()
    found = []
    with pytest.raises(TooLarge), patience.working_for(request):
        for piece in each(ChunkPiece(i, ["{}"]) for i in range(3)):
            found.append(piece.first)
            request.abandon()
    assert found == [0]
