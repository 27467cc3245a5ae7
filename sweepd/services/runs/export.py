"""A project's tables as files: CSV, JSON, JSON lines, Parquet."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sweepd.domain.encoding import clean, to_json_text
from sweepd.domain.errors import BadInput
from sweepd.domain.spreadsheets import csv_text
from sweepd.services.runs import arrow
from sweepd.services.runs.records import TABLES, Records, Row


def write(records: Records, table: str, path: Path) -> int:
    """Write a table in the format that the file's ending says; whole or not at all.

    Returns:
        How many rows.

    Raises:
        BadInput: No such table, the ending is none of `ENDINGS`, or pyarrow is missing.
    """
    if table not in TABLES:
        raise BadInput(f"a project's tables are {', '.join(TABLES)}; got {table!r}")
    if path.suffix not in _WRITERS:
        raise BadInput(f"{path} should end in one of {', '.join(_WRITERS)}")
    aside = path.with_name(f".{path.name}.part")
    try:
        n_rows = _WRITERS[path.suffix](records, table, aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return n_rows


def _write_csv(records: Records, table: str, path: Path) -> int:
    columns: dict[str, None] = {}
    n_rows = 0
    for rows in records.batches(table):
        n_rows += len(rows)
        for row in rows:
            columns |= dict.fromkeys(row)
    cells = ([row.get(name) for name in columns] for rows in records.batches(table) for row in rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        for text in csv_text(columns, cells):
            file.write(clean(text))
    return n_rows


def _write_json(records: Records, table: str, path: Path) -> int:
    rows = [row for batch in records.batches(table) for row in batch]
    path.write_text(to_json_text(rows, indent=1), encoding="utf-8")
    return len(rows)


def _write_lines(records: Records, table: str, path: Path) -> int:
    n_rows = 0
    with path.open("w", encoding="utf-8") as file:
        for row in _each(records.batches(table, nested=True)):
            file.write(to_json_text(row) + "\n")
            n_rows += 1
    return n_rows


def _each(batches: Iterable[list[Row]]) -> Iterator[Row]:
    for batch in batches:
        yield from batch


def _write_parquet(records: Records, table: str, path: Path) -> int:
    made = arrow.table(records.batches(table))
    from pyarrow import parquet

    parquet.write_table(made, path)
    return int(made.num_rows)


_WRITERS: dict[str, Callable[[Any, str, Path], int]] = {
    ".csv": _write_csv,
    ".json": _write_json,
    ".jsonl": _write_lines,
    ".parquet": _write_parquet,
}
