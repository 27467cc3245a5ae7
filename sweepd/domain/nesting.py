"""JSON from outside as values: how deep it may be nested, and how many values it may hold.

Whoever walks a value takes some of Python's stack for each level. So what is deeper than any reader
bears is refused where it enters, here. No reader of JSON goes deeper itself than Python allows.
"""

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

from sweepd.domain.errors import BadInput

MAX_DEPTH = 200  # levels; what is taken in is read again where less of the stack is left
_TEXTS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def load(text: str | bytes, what: str, loads: Callable[..., Any] = json.loads) -> Any:
    """JSON as a value of at most MAX_DEPTH levels of lists and objects.

    Raises:
        BadInput: Nested deeper; the message names `what`, and the limit.
        ValueError: No JSON, as `loads` says it.
    """
    try:
        value = loads(text)
    except RecursionError as error:
        raise _too_deep(text, what) from error
    except ValueError:
        if loads is not json.loads:  # orjson has its own limit, and no error of its own for it
            check_depth(text, what)
        raise
    if _count_opening(text) > MAX_DEPTH and _is_deep(value):
        raise _too_deep(text, what)
    return value


def check_depth(text: str | bytes, what: str) -> None:
    """Refuse what `load` would; what is no JSON passes: its reader says what is wrong with it.

    Raises:
        BadInput: Nested deeper than MAX_DEPTH levels.
    """
    if _count_opening(text) > MAX_DEPTH:
        with contextlib.suppress(ValueError):
            load(text, what)


def holds_more(text: bytes, most: int) -> bool:
    """Whether JSON holds more values than that, at all its levels."""
    return _count_values(text) > most and _count_values(_TEXTS.sub(b"", text)) > most


def _count_values(text: bytes) -> int:
    n_full = _count_opening(text) - text.count(b"[]") - text.count(b"{}")
    return text.count(b",") + n_full  # a full list has one value more than commas


def _count_opening(text: str | bytes) -> int:
    if isinstance(text, str):
        return text.count("[") + text.count("{")
    return text.count(b"[") + text.count(b"{")


def _is_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _too_deep(text: str | bytes, what: str) -> BadInput:
    begin = text[:60] if isinstance(text, str) else text[:60].decode(errors="replace")
    return BadInput(f"{what} may be nested {MAX_DEPTH} levels deep; got more in {begin!r}…")
