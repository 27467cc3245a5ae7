"""Rows as an Arrow table: one type a column, whatever was logged under a name.

Numbers stay exact: whole numbers are 64 bits wide, others doubles; a column of both is one of
doubles. What mixes kinds, or is wider, becomes text.
"""

from collections.abc import Iterable
from typing import Any

from sweepd.domain.encoding import clean, text_of
from sweepd.domain.errors import BadInput

Row = dict[str, Any]
_NOTHING, _BOOL, _INT, _FLOAT, _TEXT = "nothing", "bool", "int", "float", "text"


def table(batches: Iterable[list[Row]], columns: Iterable[str] = ()) -> Any:
    """A `pyarrow.Table`.

    Args:
        columns: Names that are columns even when no row has them.

    Raises:
        BadInput: pyarrow is missing.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise BadInput("this needs pyarrow: pip install pyarrow") from error
    types = {
        _NOTHING: pyarrow.null(),
        _BOOL: pyarrow.bool_(),
        _INT: pyarrow.int64(),
        _FLOAT: pyarrow.float64(),
        _TEXT: pyarrow.string(),
    }
    kinds: dict[str, str] = dict.fromkeys(columns, _NOTHING)
    parts: list[tuple[int, dict[str, tuple[str, Any]]]] = []
    for rows in batches:
        part = {}
        for name in dict.fromkeys(key for row in rows for key in row):
            values = [row.get(name) for row in rows]
            kind = _kind(values)
            part[name] = kind, pyarrow.array(_cast(values, kind), types[kind])
            kinds[name] = _joined(kinds.get(name, _NOTHING), kind)
        parts.append((len(rows), part))
    found = {}
    for name, kind in kinds.items():
        # A column of nothing is one of text: SQL then knows what to compare it with.
        wanted = _TEXT if kind == _NOTHING else kind
        chunks = []
        for n, part in parts:
            held, values = part.get(name, (_NOTHING, None))
            if held == wanted:
                chunks.append(values)
            elif held == _NOTHING:
                chunks.append(pyarrow.nulls(n, types[wanted]))
            else:
                chunks.append(pyarrow.array(_cast(values.to_pylist(), wanted), types[wanted]))
        found[clean(name)] = pyarrow.chunked_array(chunks, types[wanted])
    return pyarrow.table(found)


def _kind(values: Iterable[Any]) -> str:
    kind = _NOTHING
    for value in values:
        if value is not None:
            kind = _joined(kind, _kind_of(value))
    return kind


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return _BOOL
    if isinstance(value, int):
        return _INT if -(2**63) <= value < 2**63 else _TEXT
    return _FLOAT if isinstance(value, float) else _TEXT


def _joined(one: str, other: str) -> str:
    if one == other or other == _NOTHING:
        return one
    if one == _NOTHING:
        return other
    return _FLOAT if {one, other} == {_INT, _FLOAT} else _TEXT


def _cast(values: list[Any], kind: str) -> list[Any]:
    if kind == _FLOAT:
        return [None if value is None else float(value) for value in values]
    if kind == _TEXT:
        return [None if value is None else text_of(value) for value in values]
    return values
