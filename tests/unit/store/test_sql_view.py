"""SQL over tables in memory: it reads them, and nothing else of this machine."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sweepd.domain.errors import BadInput
from sweepd.store import sql_view


@cache
def tables() -> dict[str, Any]:
    """Two of them; what makes them takes a second to import."""
    pytest.importorskip("duckdb")
    pa = pytest.importorskip("pyarrow")
    return {
        "runs": pa.table({"id": ["a", "b", "c"], "loss": [0.5, None, 0.25]}),
        "sweeps": pa.table({"id": ["s"]}),
    }


def ask(statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    with sql_view.asked(tables(), statement) as answer:
        return answer.columns, list(answer.rows)


@pytest.mark.slow
def test_a_question_is_answered_by_names_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("select id, loss * 2 as twice from runs order by id") == (
        ["id", "twice"],
        [("a", 1.0), ("b", None), ("c", 0.5)],
    )
    assert ask("with best as (from runs where loss < 0.4) select id from best;")[1] == [("c",)]
    assert ask("select id from runs where loss > 9") == (["id"], [])
    assert ask("explain select id from runs")[1] != []
    monkeypatch.setattr(sql_view, "ROWS_AT_ONCE", 2)
    assert ask("select range from range(5)")[1] == [(i,) for i in range(5)], "all rows come"


@pytest.mark.parametrize(
    ("statement", "got"),
    [
        ("", "nothing"),
        ("-- no more than words", "nothing"),
        ("select 1; select 2", "SELECT, SELECT"),
        ("drop table runs; select 1", "DROP, SELECT"),
        ("select 1; drop table runs", "SELECT, DROP"),
        ("insert into runs values ('d', 1)", "INSERT"),
        ("create table more as from runs", "CREATE"),
        ("copy runs to 'runs.csv'", "COPY"),
        ("attach 'other.db'", "ATTACH"),
        ("set enable_external_access = true", "SET"),
        ("install httpfs", "LOAD"),
    ],
)
def test_only_one_statement_that_reads_is_asked(statement: str, got: str) -> None:
    with pytest.raises(BadInput) as caught:
        ask(statement)
    assert f"from runs`; got {got}. Nothing" in str(caught.value)


def test_no_file_is_read_and_no_variable_of_ours(tmp_path: Path) -> None:
    secrets = tables()["sweeps"]  # DuckDB alone would find it by its name
    assert secrets.num_rows == 1
    (tmp_path / "some.csv").write_text("key\nsecret\n")
    for source in (
        "secrets",
        '"table"',
        f"'{tmp_path}/some.csv'",
        f"read_csv('{tmp_path}/some.csv')",
    ):
        with pytest.raises(BadInput) as caught:
            ask(f"select * from {source}")
        assert str(caught.value).endswith("(tables: runs, sweeps)")


def test_what_fails_is_told_with_the_tables_there_are() -> None:
    with pytest.raises(BadInput, match=r"(?s)nope.*\(tables: runs, sweeps\)"):
        ask("select nope from runs")
    with pytest.raises(BadInput, match=r"\(tables: runs, sweeps\)"):
        ask("select from where")
    named = pytest.raises(BadInput, match=r"\(tables: runs, history, events, sweeps\)")
    with named, sql_view.asked({}, "select * from nothing_here"):
        raise AssertionError("it was answered")
    with pytest.raises(BadInput, match="Conversion"):
        ask("select id::int from runs")
