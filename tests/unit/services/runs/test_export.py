"""Runs as a table."""

import csv
import json
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.users import Caller
from sweepd.services.runs import export
from sweepd.services.runs.runs import RunChange
from tests.unit.services.logging_versions import fill


def test_runs_are_exported_as_a_table(parts: server.Parts, ann: Caller, tmp_path: Path) -> None:
    fill(parts, ann)
    parts.services.runs.upsert(ann, None, "p", "r2", RunChange(config='{"lr": {"value": "big"}}'))
    rows = export.list_rows(parts.core, "ann", "p")
    for ending in ("csv", "json", "parquet"):
        export.write(rows, tmp_path / f"runs.{ending}")
    with (tmp_path / "runs.csv").open() as file:
        first, second = csv.DictReader(file)
    assert (first["run"], first["config.lr"], first["config.net.k"]) == ("r", "0.1", "3")
    assert (first["summary.loss"], second["summary.loss"]) == ("1.5", "")
    assert json.loads((tmp_path / "runs.json").read_text())[0]["summary.loss"] == 1.5
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(tmp_path / "runs.parquet").to_pylist()
    assert [row["config.lr"] for row in table] == ["0.1", "big"]
    assert [row["config.net.k"] for row in table] == [3, None]
    with pytest.raises(BadInput, match="should end in"):
        export.write(rows, tmp_path / "runs.xls")
