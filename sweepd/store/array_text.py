"""Values of one column as an array in PostgreSQL's own writing.

The driver writes a list an element at a time, in Python, which took a third of the processor time
of writes that share a transaction. Numbers, texts and bytes are written here, all else by it.
"""

from collections.abc import Callable, Sequence
from typing import Any


def written(values: Sequence[Any]) -> Any:
    """The array as text, to be sent with a cast to its type; the list itself for other kinds."""
    kinds = {type(value) for value in values}
    is_any_missing = type(None) in kinds
    kinds.discard(type(None))
    write = _WRITE.get(kinds.pop() if kinds else int) if len(kinds) < 2 else None
    if write is None:
        return list(values)
    items = (
        ["NULL" if value is None else write(value) for value in values]
        if is_any_missing
        else map(write, values)
    )
    return f"{{{','.join(items)}}}"


def _text(value: str) -> str:
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'


def _bytes(value: bytes) -> str:
    return f'"\\\\x{value.hex()}"'


_WRITE: dict[type, Callable[[Any], str]] = {int: str, str: _text, bytes: _bytes}
