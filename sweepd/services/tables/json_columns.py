"""Columns as the JSON that pages read.

A column is an object of `n`, a number for each run, NaN where it has none; of `c` and `t`, a place
(or -1) for each run in a list of texts; and of `x`, pairs of a run's place and its value, for
whatever is neither. A column may have several. Numbers and places are in base64, the least byte
first: a third of the size and the time of digits. How many bytes each takes follows from how many
there are: places one, two or four; numbers one or two where all are whole (the least of that size
stands for none), four where such floats are exact, else eight. The pages' `rows.js` reads them.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sweepd.domain.encoding import to_json
from sweepd.later import np


def numbers(values: Any) -> bytes:
    """Numbers, NaN for none, as narrow as they are exact."""
    few = values[:64]  # most columns of floats tell by these that they need eight bytes
    with np.errstate(over="ignore"):
        if ((few.astype("<f4") != few) & ~np.isnan(few)).any():
            return packed(values, "<f8")
    is_none = np.isnan(values)
    found = np.where(is_none, 0.0, values)
    high = float(np.abs(found).max(initial=0.0))
    if high < 2**15 and (found == np.rint(found)).all() and not np.signbit(found[found == 0]).any():
        kind = "<i1" if high < 2**7 else "<i2"
        return packed(np.where(is_none, np.iinfo(kind).min, found), kind)
    if high < 2**100:  # beyond four bytes' numbers is an overflow
        short_ones = values.astype("<f4")
        if (short_ones == values)[~is_none].all():
            return packed(short_ones, "<f4")
    return packed(values, "<f8")


def codes(values: Any) -> bytes:
    """Places, -1 for none, as narrow as they can be."""
    high = int(values.max(initial=0))
    return packed(values, "<i1" if high < 2**7 else "<i2" if high < 2**15 else "<i4")


def packed(values: Any, kind: str) -> bytes:
    """Numbers as JSON: a text in base64."""
    return b'"%b"' % binascii.b2a_base64(np.ascontiguousarray(values, kind).data, newline=False)


def written(column: Mapping[str, Any]) -> bytes:
    """A column as JSON; what is packed is so already."""
    items = (
        b'"%b":%b' % (name.encode(), value if isinstance(value, bytes) else to_json(value))
        for name, value in column.items()
    )
    return b"{%b}" % b",".join(items)


def in_parts(items: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """An object of values that are JSON already, in parts."""
    lead = b"{"
    for name, value in items:
        yield lead + to_json(name) + b":"
        yield value
        lead = b","
    yield b"{}" if lead == b"{" else b"}"
