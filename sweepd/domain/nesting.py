"""JSON from outside as values: how deep it may be nested, and how many values it may hold.

Whoever walks a value takes some of Python's stack for each level, and each value takes many times
the memory of its text. So what is deeper or holds more than any reader bears is refused where it
enters, here; of a run's lines, whose client would send no more after a refusal, only what is too
much is left out. No reader of JSON goes deeper itself than Python allows.

A reader in C lets no other thread work until it has ended. So a long text is read with words of
ours for each object and number, between which others get their turn.
"""

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

from sweepd.domain.collecting import young_only
from sweepd.domain.errors import BadInput, TooLarge

MAX_DEPTH = 200  # levels; what is taken in is read again where less of the stack is left
MAX_VALUES = 1_000_000  # of one text
LONG = 100_000  # characters; what is shorter is read in a few milliseconds
MORE = '"…"'  # stands for what was left out
MAX_REST = 10_000  # keys of a row that are kept after it held too many values
_TEXTS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_HALVES = re.compile(rb"\\u[dD][89a-fA-F]")  # of characters: readers differ
_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[][{},]|[^][{},"]++|"', re.DOTALL)


def load(
    text: str | bytes, what: str, loads: Callable[..., Any] = json.loads, most: int = MAX_VALUES
) -> Any:
    """JSON as a value of at most MAX_DEPTH levels of lists and objects, and `most` values.

    Raises:
        BadInput: Nested deeper; the message names `what`, and the limit.
        TooLarge: More values.
        ValueError: No JSON, as `loads` says it.
    """
    check_values(text, what, most)
    try:
        value = _read(text, loads)
    except RecursionError as error:
        raise _too_deep(text, what) from error
    except ValueError:
        if loads is not json.loads:  # orjson has its own limit, and no error of its own for it
            check_depth(text, what)
        raise
    if len(text) > MAX_DEPTH and _count_opening(text) > MAX_DEPTH and _is_deep(value):
        raise _too_deep(text, what)
    return value


def _read(text: str | bytes, loads: Callable[..., Any]) -> Any:
    if len(text) <= LONG or (isinstance(text, bytes) and _HALVES.search(text)):
        return loads(text)
    if isinstance(text, bytes):
        text = text.decode()  # strictly, as UTF-8 and nothing else
    with young_only():
        return json.loads(
            text,
            object_hook=_object,
            parse_int=_whole,
            parse_float=_real,
            parse_constant=float if loads is json.loads else _refuse,
        )


def _object(value: dict[str, Any]) -> dict[str, Any]:
    return value


def _whole(text: str) -> int:
    return int(text)


def _real(text: str) -> float:
    return float(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def check(text: str | bytes, what: str) -> None:
    """Refuse what `load` would; what is no JSON passes: its reader says what is wrong with it.

    Raises:
        BadInput, TooLarge: As `load`.
    """
    check_values(text, what)
    check_depth(text, what)


def check_depth(text: str | bytes, what: str) -> None:
    """Refuse what is nested deeper than MAX_DEPTH levels; what is no JSON passes.

    Raises:
        BadInput: It is.
    """
    if _count_opening(text) > MAX_DEPTH:
        with contextlib.suppress(ValueError):
            load(text, what)


def check_values(text: str | bytes, what: str, most: int = MAX_VALUES) -> None:
    """Refuse what holds more values than that, at all its levels.

    Raises:
        TooLarge: It does.
    """
    if holds_more(text, most):
        raise TooLarge(f"{what} may hold {most:,} values; send less at once")


def holds_more(text: str | bytes, most: int) -> bool:
    """Whether JSON holds more values than that, at all its levels."""
    return len(text) > most and count_values(text, most) > most


def count_values(text: str | bytes, most: int) -> int:
    """How many values JSON holds, at all its levels, as far as it matters.

    Perhaps more than there are, where they are no more than `most` anyway; perhaps fewer, but more
    than `most`, where they are.
    """
    n = _count_values(text)
    if n <= most:
        return n
    whole = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    n = end = 0
    for found in _TEXTS.finditer(whole):  # whose commas are none
        n += _count_values(whole[end : found.start()])
        if n > most:
            return n
        end = found.end()
    return n + _count_values(whole[end:])


def pruned(line: str) -> str:
    """A row as JSON within the limits: `…` stands for what is nested too deep, and for all of its
    lists and objects that follows after MAX_VALUES values."""
    if len(line) <= MAX_DEPTH:
        return line
    if _count_opening(line) <= MAX_DEPTH and not holds_more(line, MAX_VALUES):
        return line
    kept: list[str] = []
    closing: list[str] = []  # of each level that is open
    n_values = cut = 0  # the level from which on nothing is kept, until it closes
    is_rest = False  # of a list or object that was begun
    for found in _TOKENS.finditer(line):
        token = found.group()
        if token in "[{":
            closing.append("]" if token == "[" else "}")
            n_values += not cut
            depth = len(closing)
            is_much = n_values > MAX_VALUES and depth > 1
            if not cut and (depth > MAX_DEPTH or is_much):
                kept.append(MORE)
                cut, is_rest = depth, False
        elif token == ",":
            n_values += not cut
            depth = len(closing)
            if not cut and n_values > MAX_VALUES + (MAX_REST if depth == 1 else 0):
                kept.append(f",{MORE}" if closing and closing[-1] == "]" else "")
                cut, is_rest = depth, True
        elif token in "]}" and closing:
            if cut == len(closing):
                cut, token = 0, closing[-1] if is_rest else ""
            closing.pop()
        if not cut:
            kept.append(token)
    return "".join(kept)


def _count_values(text: str | bytes) -> int:
    if isinstance(text, str):
        n_empty, n_commas = text.count("[]") + text.count("{}"), text.count(",")
    else:
        n_empty, n_commas = text.count(b"[]") + text.count(b"{}"), text.count(b",")
    return n_commas + _count_opening(text) - n_empty  # a full list has one more than commas


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
