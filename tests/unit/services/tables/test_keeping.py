"""Columns kept in a file are what reading all would give, whatever happened since."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.paging import Start
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.tables import keeping as files
from sweepd.services.tables import table as table_module
from sweepd.services.tables import tables as tables_module
from sweepd.services.tables.keeping import Keeping
from sweepd.services.tables.tables import Tables
from sweepd.store import run_rows
from tests.conftest import FakeClock


@pytest.fixture(autouse=True)
def keeps_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what is small."""
    monkeypatch.setattr(tables_module, "LEAST_SAVED", 0)


def change(rng: random.Random) -> RunChange:
    """Some config and notes, of few kinds."""
    value = rng.choice([1, 0.5, "adam", None, [1], "é\ud800", {"a": 1}])
    config = {rng.choice("ab"): {"value": value}}
    return RunChange(config=json.dumps(config), notes=rng.choice([None, "n", str(rng.random())]))


def told(tables: Tables, project_pk: int) -> tuple[Any, ...]:
    """What a page and a filter are told."""
    document = json.loads(b"".join(tables.runs(project_pk)))
    return document, tables.select(project_pk, None, "-config.a", Start(), None)


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_and_what_changed_since_is_all(
    parts: server.Parts, ann: Caller, clock: FakeClock, tmp_path: Path, seed: int
) -> None:
    rng, service, db = random.Random(seed), parts.services.runs, parts.core.db
    keeping = Keeping(tmp_path / "columns", "one")
    project, _ = parts.services.projects.ensure(ann, None, "p", None)
    pks = [service.upsert(ann, None, "p", None, change(rng))[0].pk for _ in range(8)]
    service.delete(ann, pks.pop())
    for _ in range(4):
        Tables(db, keeping).prepare(project.pk)
        for _ in range(4):
            clock.forward(rng.choice([0, 0.000001, 100]))
            deed = rng.choice(["create", "change", "delete", "undelete"])
            if deed == "create":
                pks.append(service.upsert(ann, None, "p", None, change(rng))[0].pk)
            elif deed == "change":
                found = [run.pk for run in service.list_all(project)]
                service.change(ann, rng.choice(found), change(rng))
            elif deed == "delete":
                service.delete(ann, pks.pop())
        kept = Tables(db, keeping)
        expected = told(Tables(db), project.pk)
        assert told(kept, project.pk)[1] == expected[1]
        assert same(told(kept, project.pk)[0], expected[0])
        kept.keep()
        assert told(Tables(db, keeping), project.pk)[1] == expected[1]


def same(one: Any, other: Any) -> bool:
    """Whether two documents tell the same; texts may be listed in another order."""
    from tests.unit.services.tables.test_table_json import unpack

    return unpack(one) == unpack(other)


def test_only_what_changed_is_read_again(
    parts: server.Parts,
    ann: Caller,
    clock: FakeClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeping = Keeping(tmp_path / "columns", "one")
    runs = [parts.services.runs.upsert(ann, None, "p", None, RunChange())[0] for _ in range(3)]
    clock.forward(1)
    last, _ = parts.services.runs.upsert(ann, None, "p", None, RunChange())
    Tables(parts.core.db, keeping).prepare(last.project_pk)
    clock.forward(1)
    parts.services.runs.change(ann, runs[1].pk, RunChange(notes="new"))
    asked: list[list[int]] = []
    by_pk = run_rows.list_rows_by_pk
    monkeypatch.setattr(run_rows, "list_rows", pytest.fail)
    monkeypatch.setattr(
        table_module.run_rows,
        "list_rows_by_pk",
        lambda connection, pks: asked.append(pks) or by_pk(connection, pks),
    )
    Tables(parts.core.db, keeping).prepare(last.project_pk)
    assert [sorted(pks) for pks in asked] == [[runs[1].pk, last.pk]]


def test_a_file_of_another_database_or_too_old_is_none(
    parts: server.Parts, ann: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping(tmp_path / "columns", "one")
    run, _ = parts.services.runs.upsert(ann, None, "p", None, RunChange())
    Tables(parts.core.db, keeping).prepare(run.project_pk)
    assert keeping.load(run.project_pk) is not None
    assert keeping.load(run.project_pk + 1) is None
    assert Keeping(tmp_path / "columns", "another").load(run.project_pk) is None
    monkeypatch.setattr(files, "MAX_AGE_S", 0)
    assert keeping.load(run.project_pk) is None


def test_a_file_that_is_not_whole_is_none(
    parts: server.Parts, ann: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever byte another one stands in place of, and wherever it is cut off."""
    keeping = Keeping(tmp_path / "columns", "one")
    change = RunChange(config='{"lr": {"value": 0.5}, "o": {"value": "adam"}}')
    project_pk = parts.services.runs.upsert(ann, None, "p", None, change)[0].project_pk
    Tables(parts.core.db, keeping).prepare(project_pk)
    [path] = (tmp_path / "columns").iterdir()
    whole = path.read_bytes()
    broken = [b"", whole[:-1], whole[:30], b"x" + whole, whole + b"x"]
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        broken.append(bytes(changed))
    for content in broken:
        path.write_bytes(content)
        assert keeping.load(project_pk) is None
    path.write_bytes(whole)
    assert keeping.load(project_pk) is not None
    monkeypatch.setattr(files, "Table", lambda _: {}["another fault"])
    assert keeping.load(project_pk) is None  # whatever goes wrong: all is read again


def test_runs_that_are_gone_from_the_database_are_gone(
    parts: server.Parts, ann: Caller, tmp_path: Path
) -> None:
    """As after an older database was put back."""
    keeping = Keeping(tmp_path / "columns", "one")
    runs = [parts.services.runs.upsert(ann, None, "p", None, RunChange())[0] for _ in range(3)]
    Tables(parts.core.db, keeping).prepare(runs[0].project_pk)
    parts.core.db.write(lambda c: c.exec_driver_sql(f"DELETE FROM runs WHERE id = {runs[1].pk}"))
    found, n_all = Tables(parts.core.db, keeping).select(
        runs[0].project_pk, None, None, Start(), None
    )
    assert n_all == 2
    assert [pk for _, pk in found] == [runs[0].pk, runs[2].pk]


def test_files_are_few(
    parts: server.Parts, ann: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 2)
    keeping = Keeping(tmp_path / "columns", "one")
    for name in "abc":
        run, _ = parts.services.runs.upsert(ann, None, name, None, RunChange())
        Tables(parts.core.db, keeping).prepare(run.project_pk)
    assert len(list((tmp_path / "columns").iterdir())) == 2


def test_files_that_are_too_old_go(parts: server.Parts, ann: Caller, tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "columns", "one")
    for name in "ab":
        run, _ = parts.services.runs.upsert(ann, None, name, None, RunChange())
        Tables(parts.core.db, keeping).prepare(run.project_pk)
    old, new = sorted((tmp_path / "columns").iterdir())
    at = new.stat().st_mtime - files.MAX_AGE_S
    os.utime(old, (at, at))
    keeping.drop_old()
    assert [*(tmp_path / "columns").iterdir()] == [new]
