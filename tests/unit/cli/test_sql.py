"""Questions in SQL about a project, through the command."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweepd import server
from sweepd.cli import app
from sweepd.domain.errors import BadInput
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.services.sweeps.sweeps import SweepChange

FILE = "{method: grid, metric: {name: loss}, parameters: {lr: {values: [0.1, 0.2]}}}"


@pytest.fixture
def data(parts: server.Parts, ann: Caller, tmp_path: Path) -> str:
    """A server's folder with a sweep and two runs."""
    sweep, _ = parts.services.sweeps.create(ann, None, "p", SweepChange(config_yaml=FILE))
    for name, lr in (("a", 0.1), ("b", 0.2)):
        change = RunChange(config=json.dumps({"lr": {"value": lr}}), sweep_id=sweep.sweep_id)
        parts.services.runs.upsert(ann, None, "p", name, change)
        lines = [json.dumps({"_step": k, "loss": lr / (k + 1)}) for k in range(3)]
        post = StreamPost(history=Lines(0, lines), summary=json.dumps({"loss": lr / 3}))
        parts.services.history.append(ann, "ann", "p", name, post)
    return str(tmp_path / "data")


def ask(data: str, statement: str, format_: str = "jsonl") -> str:
    words = ["sql", statement, "-p", "ann/p", "--format", format_, "--data", data]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.slow
def test_tables_are_joined_and_numbers_are_those_logged(data: str) -> None:
    statement = """
        select r.run, "config.lr" as lr, min(loss) as best, count(*) as n, "summary.loss" as last
        from runs r join history h using (run) join sweeps s using (sweep)
        where s.method = 'grid' group by all order by best
    """
    rows = [json.loads(line) for line in ask(data, statement).splitlines()]
    assert rows == [
        {"run": name, "lr": lr, "best": lr / 3, "n": 3, "last": lr / 3}
        for name, lr in (("a", 0.1), ("b", 0.2))
    ]
    assert ask(data, "select count(*) from events", "csv").splitlines()[1] == "0"
    table = ask(data, "select run, _step from history where _step > 1", "table")
    assert "_step" in table and "2" in table
    assert [row["run"] for row in csv.DictReader(ask(data, "from runs", "csv").splitlines())] == [
        "a",
        "b",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        "create table x as select 1",
        "insert into runs values (1)",
        "drop view runs",
        "copy runs to '{out}'",
        "copy (select 1) to '{out}'",
        "export database '{out}'",
        "attach '{out}' as other",
        "set enable_external_access = true",
        "install httpfs",
        "load httpfs",
        "pragma version",
        "select 1; drop view runs",
        "select * from '{secret}'",
        "select * from read_csv('{secret}')",
        "select * from read_text('{secret}')",
        "select * from read_blob('{secret}')",
        "select * from glob('/*')",
        "select * from sqlite_scan('{secret}', 'x')",
        "select * from records",
        "",
        "selec",
    ],
)
def test_nothing_is_written_and_no_file_read(data: str, tmp_path: Path, statement: str) -> None:
    secret, written = tmp_path / "secret.csv", tmp_path / "out"
    secret.write_text("a\n1\n")
    with pytest.raises(BadInput):
        ask(data, statement.format(secret=secret, out=written))
    assert not written.exists()
