"""What a run's client sends in one request, as values."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from sweepd.domain.config import find
from sweepd.store.columns.rows import MAX_STEP as MAX_STEP
from sweepd.store.columns.rows import parse_line as parse_line  # how a line is read
from sweepd.store.columns.rows import step_of as step_of


class Lines(NamedTuple):
    """Consecutive lines of one stream, the first with its number, from 0."""

    first: int
    lines: Sequence[str]


class StreamPost(NamedTuple):
    """One request of a run's client; an empty one only says that the run lives."""

    history: Lines | None = None
    events: Lines | None = None
    console: Sequence[Lines] = ()
    summary: str | None = None
    is_preempting: bool = False
    exitcode: int | None = None
    is_complete: bool = False


def number_at(row: dict[str, Any], name: str) -> float | None:
    """The number logged under a name, which may be a path through nested objects; else None."""
    value: Any = row.get(name)
    if value is None and "." in name:
        value = find(row, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return math.inf if value > 0 else -math.inf
