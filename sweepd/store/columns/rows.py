"""How a line that a client logged is read."""

import json
from typing import Any

import orjson

MAX_STEP = 2**63 - 1  # what a database holds


def parse_line(line: str) -> dict[str, Any]:
    """A history line as a mapping; NaN and Infinity are read, what is no object is empty."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            row = loads(line)
        except (ValueError, RecursionError):  # a line may also be nested beyond reading
            return {}
    return row if isinstance(row, dict) else {}


def loads(text: str | bytes) -> Any:
    """JSON as orjson reads it, where that cannot: NaN, infinities, lone surrogates."""
    return json.loads(text, parse_int=_whole)


def _whole(digits: str) -> int | float:
    value = int(digits)
    return value if -(2**63) <= value < 2**64 else float(digits)  # beyond, orjson rounds


def step_of(row: dict[str, Any]) -> int:
    """A history row's step; -1 when it has none."""
    step = row.get("_step", -1)
    return step if isinstance(step, int) and abs(step) <= MAX_STEP else -1


def is_nest(value: Any) -> bool:
    """Whether a value is an object whose keys are names of their own; media (`_type`) are not."""
    return isinstance(value, dict) and "_type" not in value and bool(value)


def kind_of(value: Any) -> str:
    """A value's kind in the client's words; of media, which media."""
    if isinstance(value, dict):
        return str(value.get("_type", "map"))
    if isinstance(value, bool | str):
        return "string"
    return "number" if isinstance(value, int | float) else "other"


PLAIN_KINDS = frozenset({"map", "string", "number", "other"})  # all others are media
