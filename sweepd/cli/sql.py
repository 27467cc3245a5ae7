"""`sweepd sql`: a question in SQL about a project; nothing can be written."""

import re
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from sweepd.cli import data as project_data
from sweepd.cli import options, out
from sweepd.domain.encoding import text_of, to_json_text
from sweepd.domain.errors import BadInput
from sweepd.domain.spreadsheets import csv_text

FORMATS = ("table", "csv", "jsonl")
_ALWAYS = {  # columns one may name before anything was logged
    "history": ("run", "_step", "_runtime", "_timestamp"),
    "events": ("run", "_runtime", "_timestamp"),
    "runs": ("run",),
    "sweeps": ("sweep",),
}


def command(
    statement: str = typer.Argument(help="One statement that reads: select … from runs"),
    project: str = typer.Option(..., "--project", "-p", help="ENTITY/PROJECT"),
    format_: str = typer.Option("table", "--format", help=f"One of {', '.join(FORMATS)}."),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """Ask about the tables runs, history, events and sweeps of a project."""
    from sweepd.services.runs import arrow
    from sweepd.store import sql_view

    if format_ not in FORMATS:
        raise BadInput(f"--format is one of {', '.join(FORMATS)}; got {format_!r}")
    with project_data.records_of(project, data, database) as records:
        named = {
            name: arrow.table(records.batches(name), columns)
            for name, columns in _ALWAYS.items()
            if re.search(rf"\b{name}\b", statement, re.I)  # what is not named is not read
        }
    with sql_view.asked(named, statement) as answer:
        _show(answer.columns, answer.rows, format_)


def _show(columns: list[str], rows: Any, format_: str) -> None:
    if format_ == "csv":
        for text in csv_text(columns, rows):
            out.data(text)
    elif format_ == "jsonl":
        for row in rows:
            out.data(to_json_text(dict(zip(columns, row, strict=True))) + "\n")
    else:
        drawn = Table()
        for name in columns:
            drawn.add_column(out.cell(name))
        for row in rows:
            drawn.add_row(*("" if value is None else out.cell(text_of(value)) for value in row))
        Console().print(drawn)
