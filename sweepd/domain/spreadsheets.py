"""Tables as CSV, for spreadsheets: the one writer of the pages and of `sweepd export`."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from sweepd.domain import encoding

ROWS_AT_ONCE = 200
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def csv_text(header: Iterable[Any] | None, rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A table's text, some hundred lines at a time, the header first, if any; any value is
    written."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if header is not None:
        writer.writerow([cell(name) for name in header])
    for number, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if number % ROWS_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def cell(value: Any) -> str:
    """A cell's text; what a spreadsheet would run as a formula gets a quote in front."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    text = encoding.text_of(value).replace("\0", "\N{REPLACEMENT CHARACTER}")
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula: also one with blanks in front."""
    start = text.lstrip(" \N{NO-BREAK SPACE}\N{ZERO WIDTH NO-BREAK SPACE}")
    return start.startswith(_STARTS_FORMULA) and not _is_number(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
