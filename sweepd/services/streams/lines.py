"""What a run's client sends in one request, as values; and how a line of it is read."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sweepd.domain.config import find

MAX_STEP = 2**63 - 1  # what a database holds


@dataclass(frozen=True, slots=True)
class Lines:
    """Consecutive lines of one stream, the first with its number, from 0."""

    first: int
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class StreamPost:
    """One request of a run's client; an empty one only says that the run lives."""

    history: Lines | None = None
    events: Lines | None = None
    console: Sequence[Lines] = ()
    summary: str | None = None
    is_preempting: bool = False
    exitcode: int | None = None
    is_complete: bool = False


def parse_line(line: str) -> dict[str, Any]:
    """A history line as a mapping; NaN and Infinity are read, what is no object is empty."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):  # a line may also be nested beyond reading
            return {}
    return row if isinstance(row, dict) else {}


def step_of(row: dict[str, Any]) -> int:
    """A history row's step; -1 when it has none."""
    step = row.get("_step", -1)
    return step if isinstance(step, int) and abs(step) <= MAX_STEP else -1


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
