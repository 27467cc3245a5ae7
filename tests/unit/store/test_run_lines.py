"""A run's lines in stretches, wherever they lie: none is missing, none is another's."""

import json
from typing import Any

import pytest

from sweepd.store import history, run_lines, segments
from sweepd.store.columns.packing import pack_chunks
from sweepd.store.history import Stream
from sweepd.store.pieces import ChunkPiece, Piece, SegmentPiece
from sweepd.store.run_lines import last_line, list_pieces
from sweepd.store.segments import Kept
from tests.unit.store.world import World

pytestmark = pytest.mark.both_databases

BLOBS: Any = None  # all bytes lie in the tables


def line(run_pk: int, number: int, step: int) -> str:
    return json.dumps({"run": run_pk, "n": number, "_step": step}, separators=(",", ":"))


def append(world: World, run_pk: int, first: int, steps: list[int], stream: Stream) -> None:
    lines = [line(run_pk, first + i, step) for i, step in enumerate(steps)]
    span = (min(steps), max(steps))
    history.append_lines(world.connection, run_pk, stream, first, lines, first, span)


def gather(world: World, run_pk: int, stream: Stream) -> None:
    """Put columns in the place of all chunks."""
    waiting = segments.read_waiting(world.connection, run_pk, stream, 1, 999, 999)
    assert waiting is not None
    kept = [
        Kept(one.n_lines, one.min_step, one.max_step, None, one.body)
        for one in pack_chunks(waiting.bodies)
    ]
    assert segments.take_place_of_chunks(world.connection, run_pk, stream, waiting, kept)


def fill(world: World, run_pk: int, stream: Stream = Stream.HISTORY) -> list[int]:
    """Steps of a run's lines: four packed, three packed, two chunks, a gap of five lines, one."""
    steps = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    append(world, run_pk, 0, steps[:4], stream)
    gather(world, run_pk, stream)
    append(world, run_pk, 4, steps[4:7], stream)
    gather(world, run_pk, stream)
    append(world, run_pk, 7, steps[7:9], stream)
    append(world, run_pk, 9, steps[9:11], stream)
    append(world, run_pk, 16, [160, 170], stream)
    return [*steps, 160, 170]


NUMBERS = [*range(11), 16, 17]


def numbers(found: list[Piece], run_pk: int) -> list[int]:
    """The numbers of the lines in pieces, which say so themselves."""
    told: list[int] = []
    for piece in found:
        rows = piece.rows()
        assert [row["n"] for row in rows] == [*range(piece.first, piece.first + piece.n)]
        assert {row["run"] for row in rows} == {run_pk}
        told += [row["n"] for row in rows]
    return told


@pytest.mark.slow
@pytest.mark.parametrize("stream", [Stream.HISTORY, Stream.EVENTS])
def test_any_stretch_of_lines_comes_whole_and_alone(world: World, stream: Stream) -> None:
    c = world.connection
    runs = [world.run().pk for _ in range(3)]
    for run in runs:
        fill(world, run, stream)
    run = runs[1]
    other = Stream.EVENTS if stream is Stream.HISTORY else Stream.HISTORY
    assert list_pieces(c, BLOBS, run, other) == []
    places = [0, 2, 4, 5, 7, 8, 10, 12, 16, 17, 18]
    for first in places:
        for end in (None, *places):
            found = list_pieces(c, BLOBS, run, stream, first, end)
            expected = [n for n in NUMBERS if first <= n and (end is None or n < end)]
            assert numbers(found, run) == expected, (first, end)


def test_the_last_line_before_any_other(world: World) -> None:
    runs = [world.run().pk for _ in range(3)]
    for run in runs:
        fill(world, run)

    def last(end: int | None) -> int | None:
        found = last_line(world.connection, BLOBS, runs[1], Stream.HISTORY, end)
        return None if found is None else json.loads(found)["n"]

    for end in (None, *range(19)):
        before = [n for n in NUMBERS if end is None or n < end]
        assert last(end) == (before[-1] if before else None)
    assert last_line(world.connection, BLOBS, runs[1], Stream.EVENTS) is None


@pytest.mark.slow
def test_stretches_without_a_step_in_question_are_left_out(world: World) -> None:
    c = world.connection
    run = world.run().pk
    steps = dict(zip(NUMBERS, fill(world, run), strict=True))
    stretches = [[0, 1, 2, 3], [4, 5, 6], [7, 8], [9, 10], [16, 17]]
    edges = [0, 30, 31, 40, 60, 61, 80, 90, 100, 101, 160, 171]
    for low in edges:
        for high in edges:
            found = list_pieces(c, BLOBS, run, Stream.HISTORY, min_step=low, max_step=high)
            expected = [
                n
                for stretch in stretches
                if steps[stretch[-1]] >= low and steps[stretch[0]] < high
                for n in stretch
            ]
            assert numbers(found, run) == expected, (low, high)
    from_low = list_pieces(c, BLOBS, run, Stream.HISTORY, min_step=61)
    assert numbers(from_low, run) == [7, 8, 9, 10, 16, 17]
    to_high = list_pieces(c, BLOBS, run, Stream.HISTORY, max_step=40)
    assert numbers(to_high, run) == [0, 1, 2, 3]


def test_lines_without_steps_are_in_no_stretch_that_is_left_out(world: World) -> None:
    run = world.run().pk
    lines = [json.dumps({"run": run, "n": n}) for n in range(3)]
    history.append_lines(world.connection, run, Stream.HISTORY, 0, lines, 0)
    found = list_pieces(world.connection, BLOBS, run, Stream.HISTORY, min_step=50, max_step=60)
    assert numbers(found, run) == [0, 1, 2], "one of them may have any"


def test_chunks_side_by_side_are_one_piece_up_to_a_size(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    c = world.connection
    run = world.run().pk
    fill(world, run)

    def shape(**more: int) -> list[tuple[type[Piece], int, int, bool]]:
        found = list_pieces(c, BLOBS, run, Stream.HISTORY, **more)
        return [(type(p), p.first, p.n, getattr(p, "is_kept", False)) for p in found]

    packed = [(SegmentPiece, 0, 4, False), (SegmentPiece, 4, 3, False)]
    assert shape() == [*packed, (ChunkPiece, 7, 4, True), (ChunkPiece, 16, 2, True)]
    assert shape(limit=1) == packed[:1]
    assert shape(first_line=8, limit=2) == [(ChunkPiece, 8, 3, True)]
    monkeypatch.setattr(run_lines, "MAX_LINES", 3)
    assert shape()[2:] == [(ChunkPiece, 7, 4, True), (ChunkPiece, 16, 2, True)]
    monkeypatch.setattr(run_lines, "MAX_LINES", 2)
    assert shape()[2:] == [
        (ChunkPiece, 7, 2, False),
        (ChunkPiece, 9, 2, False),
        (ChunkPiece, 16, 2, False),
    ], "too many to keep them parsed"
    assert shape(first_line=9)[-1] == (ChunkPiece, 16, 2, True)


def test_a_piece_cut_out_of_packed_lines_is_read_from_its_own_place(world: World) -> None:
    c = world.connection
    run = world.run().pk
    fill(world, run)
    replaced = [line(run, n, 15) for n in (1, 2)]
    history.append_lines(c, run, Stream.HISTORY, 1, replaced, 18, (15, 15))
    found = list_pieces(c, BLOBS, run, Stream.HISTORY)
    assert numbers(found, run) == NUMBERS
    assert [(type(p), p.first, p.n) for p in found[:3]] == [
        (SegmentPiece, 0, 1),
        (ChunkPiece, 1, 2),
        (SegmentPiece, 3, 1),
    ]
    assert found[1].steps().tolist() == [15, 15]
