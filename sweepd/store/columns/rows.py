"""How a line that a client logged is read."""

import json
import re
from typing import Any

import orjson

# orjson rounds whole numbers of more than 64 bits; one begins after these, or a text with it.
_WIDE, _BARE = re.compile(r"[-:,[ \t\r\n][0-9]{19}"), re.compile(r"[0-9]{19}")
_WIDE_BYTES, _BARE_BYTES = re.compile(_WIDE.pattern.encode()), re.compile(_BARE.pattern.encode())
MAX_STEP = 2**63 - 1  # what a database holds


def parse_line(line: str) -> dict[str, Any]:
    """A history line as a mapping; NaN and Infinity are read, what is no object is empty."""
    try:
        row = loads(line)
    except (ValueError, RecursionError):  # a line may also be nested beyond reading
        return {}
    return row if isinstance(row, dict) else {}


def loads(text: str | bytes) -> Any:
    """JSON with what a client may log beside it: NaN, infinities, lone surrogates, wide numbers."""
    if isinstance(text, str):
        is_plain = not (_WIDE.search(text) or _BARE.match(text))
    else:
        is_plain = not (_WIDE_BYTES.search(text) or _BARE_BYTES.match(text))
    if is_plain:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    return json.loads(text)


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
