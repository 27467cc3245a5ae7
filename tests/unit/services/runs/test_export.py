"""A project's tables as files."""

import csv
import json
import math
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.users import Caller
from sweepd.services.runs import export
from sweepd.services.runs.records import Records
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from tests.unit.services.logging_versions import fill


def records_of(parts: server.Parts) -> Records:
    return Records(parts.core, parts.blobs, "ann", "p")


def test_runs_are_exported_as_a_table(parts: server.Parts, ann: Caller, tmp_path: Path) -> None:
    fill(parts, ann)
    parts.services.runs.upsert(ann, None, "p", "r2", RunChange(config='{"lr": {"value": "big"}}'))
    for ending in ("csv", "json", "parquet"):
        assert export.write(records_of(parts), "runs", tmp_path / f"runs.{ending}") == 2
    with (tmp_path / "runs.csv").open() as file:
        first, second = csv.DictReader(file)
    assert (first["run"], first["config.lr"], first["config.net.k"]) == ("r", "0.1", "3")
    assert (first["summary.loss"], second["summary.loss"]) == ("1.5", "")
    assert json.loads((tmp_path / "runs.json").read_text())[0]["summary.loss"] == 1.5
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(tmp_path / "runs.parquet").to_pylist()
    assert [row["config.lr"] for row in table] == ["0.1", "big"]
    assert [row["config.net.k"] for row in table] == [3, None]


def test_histories_are_exported_with_the_numbers_logged(
    parts: server.Parts, ann: Caller, tmp_path: Path
) -> None:
    numbers = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0]
    for name in ("a", "b"):
        parts.services.runs.upsert(ann, None, "p", name, RunChange())
        lines = [
            json.dumps({"_step": k, "loss": value, "net": {"k": k}, "run": "mine"})
            for k, value in enumerate(numbers)
        ]
        lines.append('{"_step": 5, "loss": NaN, "late": 1, "list": [1, 2]}')
        post = StreamPost(history=Lines(0, lines))
        parts.services.history.append(ann, "ann", "p", name, post)
    for ending in ("csv", "jsonl", "parquet"):
        assert export.write(records_of(parts), "history", tmp_path / f"h.{ending}") == 12

    with (tmp_path / "h.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == ["a"] * 6 + ["b"] * 6
    assert [float(row["loss"].lstrip("'")) for row in rows[:5]] == numbers
    assert rows[1]["net.k"] == "1" and rows[5]["late"] == "1" and rows[0]["late"] == ""

    lines = [json.loads(line) for line in (tmp_path / "h.jsonl").read_text().splitlines()]
    assert [row["loss"] for row in lines[:5]] == numbers
    assert lines[1]["net"] == {"k": 1} and lines[5]["list"] == [1, 2]
    assert lines[0]["run"] == "a" and lines[0]["logged.run"] == "mine"

    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(tmp_path / "h.parquet").to_pylist()
    assert [row["loss"] for row in table[6:11]] == numbers and math.isnan(table[11]["loss"])
    assert table[11]["list"] == "[1, 2]" and table[0]["list"] is None


def test_what_cannot_be_exported_is_said(parts: server.Parts, ann: Caller, tmp_path: Path) -> None:
    fill(parts, ann)
    with pytest.raises(BadInput, match="should end in"):
        export.write(records_of(parts), "runs", tmp_path / "runs.xls")
    with pytest.raises(BadInput, match="tables are runs, history, events, sweeps; got 'run'"):
        export.write(records_of(parts), "run", tmp_path / "runs.csv")
    with pytest.raises(NotFound, match="no project ann/q"):
        Records(parts.core, parts.blobs, "ann", "q")
    (tmp_path / "runs.csv").mkdir()
    with pytest.raises(OSError):
        export.write(records_of(parts), "runs", tmp_path / "runs.csv")
    assert not list(tmp_path.glob(".*"))
