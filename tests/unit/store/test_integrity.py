"""Counts that are wrong are found and put right; those that are right are let be."""

import pytest
import sqlalchemy as sa

from sweepd.domain.artifacts import ArtifactState, Entry
from sweepd.domain.sweeps import CellState
from sweepd.store import artifacts, cells, history, integrity, manifests, run_files, runs, schema
from sweepd.store.history import Stream
from sweepd.store.measuring import StoredBlob
from tests.unit.store.world import START, World

pytestmark = pytest.mark.both_databases


def wrong(world: World) -> list[str]:
    return sorted(str(found) for found in integrity.list_wrong_counts(world.connection))


def mend(world: World) -> None:
    for found in integrity.list_wrong_counts(world.connection):
        integrity.set_count(world.connection, found)
    assert wrong(world) == []


def test_lines_that_are_there_and_not_counted_are_told(world: World) -> None:
    c = world.connection
    run = world.run("r", history_lines=5, events_lines=2).pk
    other = world.run("o", history_lines=3).pk
    history.append_lines(c, run, Stream.HISTORY, 0, ["{}"] * 7, 0)
    history.append_lines(c, run, Stream.EVENTS, 0, ["{}"] * 2, 0)
    history.append_lines(c, run, Stream.CONSOLE, 0, ["x"] * 99, 0)
    history.append_lines(c, other, Stream.HISTORY, 0, ["{}"] * 3, 0)
    row = {"run_pk": other, "stream": 1, "first_line": 4, "n_lines": 2, "blob": "b"}
    c.execute(sa.insert(schema.segments), row)
    assert wrong(world) == [
        "runs o: events_lines is 0, should be 6",
        "runs r: history_lines is 5, should be 7",
    ]
    mend(world)
    assert runs.get_run_by_pk(c, run).history_lines == 7


def test_lines_that_were_counted_and_are_gone_are_told_of(world: World) -> None:
    c = world.connection
    lost = world.run("lost", history_lines=5, events_lines=3).pk
    history.append_lines(c, lost, Stream.HISTORY, 0, ["{}"] * 4, 0)
    world.run("fork", history_lines=9, inherited_lines=9)
    world.run("torn", history_lines=9, inherited_lines=4)
    whole = world.run("whole", history_lines=2).pk
    history.append_lines(c, whole, Stream.HISTORY, 0, ["{}"] * 2, 0)
    assert sorted(integrity.list_lost_lines(c)) == [
        "run lost: events_lines is 3, the lines end at 0",
        "run lost: history_lines is 5, the lines end at 4",
        "run torn: history_lines is 9, the lines end at 4",
    ]


def test_configs_are_counted_by_their_states(world: World) -> None:
    c = world.connection
    sweep, empty = world.sweep("s"), world.sweep("e", n_cells=1)
    for i, state in enumerate(CellState):
        cells.reserve_new_cell(c, sweep.pk, f"k{i}", "{}", state)
    assert wrong(world) == [
        "sweeps e: n_cells is 1, should be 0",
        "sweeps s: n_cells is 0, should be 4",
        "sweeps s: n_open is 0, should be 2",
    ]
    mend(world)
    assert empty.n_cells == 1


def test_files_of_committed_versions_are_counted(world: World) -> None:
    c = world.connection
    collection = world.collection("c")
    version = world.version(collection, n_files=1, size_bytes=9, version=0)
    world.version(collection, n_files=7, state=ArtifactState.PENDING)
    lines = [Entry(name, "d", size, None, None, None) for name, size in (("a", 4), ("b", 5))]
    manifests.upsert_entries(c, version.pk, lines)
    assert wrong(world) == ["artifacts c:v0: n_files is 1, should be 2"]
    mend(world)
    assert artifacts.get_artifact(c, version.pk).n_files == 2


def test_bytes_without_a_record_and_who_holds_bytes(world: World) -> None:
    c = world.connection
    run = world.run("r").pk
    run_files.upsert_file(c, run, "f", StoredBlob("a" * 64, 1, "", ""), "t", START)
    version = world.version(world.collection("c"), version=0)
    manifests.upsert_entries(c, version.pk, [Entry("p", "d", 1, None, "a" * 64, None)])
    artifacts.update_artifact(c, version.pk, {"manifest_blob": "m" * 64})
    row = {"run_pk": run, "stream": 0, "first_line": 0, "n_lines": 1, "blob": "s" * 64}
    c.execute(sa.insert(schema.segments), row)
    assert integrity.list_unrecorded(c) == [name * 64 for name in "ams"]
    run_files.record_blob(c, StoredBlob("m" * 64, 1, "", ""), START)
    assert integrity.list_unrecorded(c) == [name * 64 for name in "as"]
    assert integrity.list_holders(c, "a" * 64) == ["ann/p/r: f", "ann/p/c:v0: p"]
    assert integrity.list_holders(c, "a" * 64, limit=1) == ["ann/p/r: f"]
    assert integrity.list_holders(c, "m" * 64) == ["ann/p/c:v0: its manifest"]
    assert integrity.list_holders(c, "s" * 64) == ["ann/p/r: lines of its history"]
    assert integrity.list_holders(c, "z" * 64) == integrity.list_holders(c, "0" * 64) == []


def test_pages_of_a_whole_database_are_whole(world: World) -> None:
    assert integrity.check_pages(world.connection) == []
