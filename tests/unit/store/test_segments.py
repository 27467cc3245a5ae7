"""Lines in chunks and packed: taken in stretches, replaced, cut and copied by number."""

import pytest
import sqlalchemy as sa

from sweepd.store import history, runs, schema, segments
from sweepd.store.history import Stream
from sweepd.store.segments import Kept
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def chunk(world: World, run_pk: int, first: int, n: int, stream: Stream = Stream.HISTORY) -> None:
    lines = [f"line {first + i}" for i in range(n)]
    history.append_lines(world.connection, run_pk, stream, first, lines, first)


def waiting(
    world: World, run_pk: int, least: int = 1, most: int = 100, most_chunks: int = 100
) -> tuple[int, int, int] | None:
    found = segments.read_waiting(world.connection, run_pk, 0, least, most, most_chunks)
    if found is None:
        return None
    text = b"\n".join(found.bodies).decode().split("\n")
    assert text == [f"line {found.first_line + i}" for i in range(found.n_lines)]
    return found.first_line, found.n_lines, len(found.bodies)


def test_the_first_stretch_that_is_long_enough_waits(world: World) -> None:
    run = world.run().pk
    assert waiting(world, run) is None
    for first, n in ((0, 2), (2, 2), (10, 3), (13, 3), (16, 1), (30, 9)):
        chunk(world, run, first, n)
    chunk(world, run, 0, 50, Stream.EVENTS)
    assert waiting(world, run) == (0, 4, 2)
    assert waiting(world, run, least=4) == (0, 4, 2)
    assert waiting(world, run, least=5) == (10, 7, 3)
    assert waiting(world, run, least=8) == (30, 9, 1)
    assert waiting(world, run, least=10) is None
    assert waiting(world, run, least=5, most=3) == (30, 9, 1)
    assert waiting(world, run, least=3, most=3) == (0, 4, 2)
    assert waiting(world, run, least=1, most=2) == (0, 2, 1)
    assert waiting(world, run, least=1, most_chunks=1) == (0, 2, 1)
    assert waiting(world, 999) is None


def test_many_small_chunks_or_many_bytes_wait_though_they_are_few_lines(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.run().pk
    for first in range(4):
        chunk(world, run, first, 1)
    assert waiting(world, run, least=5) is None
    assert waiting(world, run, least=5, most_chunks=4) == (0, 4, 4)
    monkeypatch.setattr(segments, "MAX_BYTES", 25)
    assert waiting(world, run, least=5) is None
    monkeypatch.setattr(segments, "MAX_BYTES", 24)  # of "line N", four times
    assert waiting(world, run, least=5) == (0, 4, 4)
    monkeypatch.setattr(segments, "MAX_BYTES", 12)
    assert waiting(world, run, least=2) == (0, 2, 2), "what follows is of the next stretch"


def kept(n: int, blob: str | None = "b", body: bytes | None = None) -> Kept:
    return Kept(n, 0, 9, blob, body)


def packed(world: World, run_pk: int) -> list[tuple[int, int, int]]:
    query = sa.select(schema.segments).where(schema.segments.c.run_pk == run_pk)
    rows = world.connection.execute(query.order_by(schema.segments.c.first_line))
    return [(row.first_line, row.n_lines, row.offset_lines) for row in rows]


def pack(world: World, run_pk: int, *sizes: int) -> None:
    found = segments.read_waiting(world.connection, run_pk, 0, 1, 1000, 1000)
    assert found is not None
    parts = [kept(n) for n in sizes]
    assert segments.take_place_of_chunks(world.connection, run_pk, 0, found, parts)


def test_packed_lines_take_the_place_of_chunks_that_are_as_they_were(world: World) -> None:
    c = world.connection
    run = world.run().pk
    for first in (0, 5, 20):
        chunk(world, run, first, 5)
    found = segments.read_waiting(c, run, 0, 1, 100, 100)
    assert found is not None and found.n_lines == 10
    assert not segments.take_place_of_chunks(c, world.run().pk, 0, found, [kept(10)])
    assert segments.take_place_of_chunks(c, run, 0, found, [kept(4), kept(6, None, b"x")])
    assert packed(world, run) == [(0, 4, 0), (4, 6, 0)]
    assert [n for n, _ in history.read_lines(c, run, Stream.HISTORY)] == list(range(20, 25))
    assert not segments.take_place_of_chunks(c, run, 0, found, [kept(10)]), "another was first"
    rows = c.execute(sa.select(schema.segments).order_by(schema.segments.c.first_line)).all()
    assert [(row.blob, row.body, row.min_step, row.max_step) for row in rows] == [
        ("b", None, 0, 9),
        (None, b"x", 0, 9),
    ]


def test_lines_that_were_rewritten_meanwhile_are_not_replaced(world: World) -> None:
    c = world.connection
    run = world.run().pk
    chunk(world, run, 0, 5)
    found = segments.read_waiting(c, run, 0, 1, 100, 100)
    assert found is not None
    history.append_lines(c, run, Stream.HISTORY, 2, ["other"], 5)
    assert runs.get_run_by_pk(c, run).rewrites == 1
    assert not segments.take_place_of_chunks(c, run, 0, found, [kept(5)])
    assert packed(world, run) == []
    assert dict(history.read_lines(c, run, Stream.HISTORY))[2] == "other"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (3, 5, [(0, 3, 0), (5, 5, 5), (10, 10, 0)]),
        (0, 4, [(4, 6, 4), (10, 10, 0)]),
        (8, 13, [(0, 8, 0), (13, 7, 3)]),
        (10, 20, [(0, 10, 0)]),
        (0, 99, []),
        (20, 30, [(0, 10, 0), (10, 10, 0)]),
        (5, 5, [(0, 10, 0), (10, 10, 0)]),
    ],
)
def test_cut_lines_are_no_longer_pointed_at(
    world: World, start: int, end: int, expected: list[tuple[int, int, int]]
) -> None:
    run = world.run().pk
    chunk(world, run, 0, 20)
    pack(world, run, 10, 10)
    segments.cut(world.connection, run, 0, start, end)
    if start < end:
        assert packed(world, run) == expected
    else:
        assert sum(n for _, n, _ in packed(world, run)) == 20


def test_a_copy_points_at_the_same_lines_within_bounds(world: World) -> None:
    c = world.connection
    run, target = world.run().pk, world.run().pk
    chunk(world, run, 0, 20)
    pack(world, run, 10, 10)
    segments.copy(c, run, target, 0, 5, 12)
    assert packed(world, target) == [(5, 5, 5), (10, 2, 0)]
    assert packed(world, run) == [(0, 10, 0), (10, 10, 0)]
    again = world.run().pk
    segments.copy(c, target, again, 0, 7, 11)
    assert packed(world, again) == [(7, 3, 7), (10, 1, 0)]
    segments.copy(c, run, world.run().pk, 1, 0, 99)
    assert len(c.execute(sa.select(schema.segments)).all()) == 6


def test_runs_with_enough_in_chunks_wait_in_the_order_of_their_keys(world: World) -> None:
    c = world.connection
    short, long, ended, events, console = (
        world.run(name, ended_at=at(1) if name == "ended" else None).pk
        for name in ("short", "long", "ended", "events", "console")
    )
    chunk(world, short, 0, 4)
    chunk(world, short, 0, 4, Stream.EVENTS)
    chunk(world, long, 0, 3)
    chunk(world, long, 3, 2)
    chunk(world, ended, 0, 2)
    chunk(world, events, 0, 5, Stream.EVENTS)
    chunk(world, console, 0, 9, Stream.CONSOLE)
    assert segments.list_runs_waiting(c, 0, 5, 2, 9) == [long, ended, events]
    assert segments.list_runs_waiting(c, 0, 5, 3, 9) == [long, events]
    assert segments.list_runs_waiting(c, long, 5, 2, 9) == [ended, events]
    assert segments.list_runs_waiting(c, 0, 5, 2, 1) == [long]
    runs.update_run(c, long, {"history_lines": 5, "events_lines": 1})
    assert sorted(segments.list_progress(c, [long, ended, 999])) == [
        (long, 5, 1, False),
        (ended, 0, 0, True),
    ]
    many = segments.list_progress(c, [*range(10_000, 10_500), long, *range(10_500, 10_999), ended])
    assert [one.run_pk for one in many] == [long, ended], "as many as there are, some at a time"


def test_own_lines_are_copied_chunks_and_packed_ones_torn_where_they_must(world: World) -> None:
    c = world.connection
    run, target = world.run().pk, world.run().pk
    chunk(world, run, 0, 10)
    pack(world, run, 10)
    for first in (10, 15, 20):
        chunk(world, run, first, 5)
    history.copy_lines(c, run, target, 4, 22)
    assert packed(world, target) == [(4, 6, 4)]
    found = list(history.read_lines(c, target, Stream.HISTORY))
    assert found == [(n, f"line {n}") for n in range(10, 22)]
    inner = list(history.read_lines(c, target, Stream.HISTORY, 12, 17))
    assert inner == [(n, f"line {n}") for n in range(12, 17)]
    history.delete_lines(c, target, Stream.HISTORY, 13)
    assert [n for n, _ in history.read_lines(c, target, Stream.HISTORY)] == [10, 11, 12]
    history.delete_lines(c, target, Stream.HISTORY, 6)
    assert packed(world, target) == [(4, 2, 4)]
    assert runs.get_run_by_pk(c, target).rewrites == 2
