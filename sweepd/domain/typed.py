"""Dataclasses made of what came from outside: each field is of the kind it is declared as."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sweepd.domain.errors import BadInput


def check_types(value: Any, what: str) -> None:
    """See that every field of a dataclass, and of those in it, is of its declared kind.

    Known kinds are classes, unions, `Mapping`, `Sequence` (a list or tuple) and `Callable`; whole
    numbers are no booleans.

    Raises:
        BadInput: One is of another; its name, what was expected and what came.
    """
    kind: Any = type(value)
    for name, hint in _hints(kind):
        found = getattr(value, name)
        if not _fits(found, hint, f"{what}, {name}"):
            wanted = getattr(hint, "__name__", str(hint)) if isinstance(hint, type) else str(hint)
            raise BadInput(f"{what}, {name}: expected {wanted}, got {found!r:.80}")


@cache
def _hints(kind: Any) -> list[tuple[str, Any]]:
    hints = get_type_hints(kind)
    return [(field.name, hints[field.name]) for field in fields(kind)]


def _fits(value: Any, hint: Any, what: str) -> bool:
    origin = get_origin(hint) or hint
    if origin is Any:
        return True
    if origin in (Union, UnionType):
        return any(_fits(value, one, what) for one in get_args(hint))
    if origin is Callable:
        return callable(value)
    if origin is Mapping:
        _, of_values = get_args(hint)
        named = isinstance(value, Mapping) and all(isinstance(name, str) for name in value)
        return named and all(_fits(item, of_values, what) for item in value.values())
    if origin is Sequence:
        (of_items,) = get_args(hint)
        return isinstance(value, list | tuple) and all(_fits(x, of_items, what) for x in value)
    if not isinstance(value, origin) or (isinstance(value, bool) and origin is int):
        return False
    if is_dataclass(origin):
        check_types(value, what)
    return True
