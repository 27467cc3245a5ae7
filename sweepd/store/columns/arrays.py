"""Arrays of numbers as few bytes, exactly.

Whole numbers are kept as differences when those are smaller, in as many bytes as the widest needs.
Floats that are decimals of up to nine places, as most that people log, are kept as whole numbers;
dividing gives the same bits back, which is tried before it is relied on. Bytes of equal rank lie
side by side, which is what makes some of them compress.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from sweepd.later import np, npt

if TYPE_CHECKING:
    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
else:
    Ints = Floats = Any

MAX_PLACES = 9
EXACT = 2**53  # whole numbers below it are floats, exactly
_RAW, _IS_DIFFERENCES = 255, 16
_LEVEL = 6  # of zlib
_WORTH = 0.95  # of the bytes, which compression must beat
_AS_IS = 1 << 31
_TRIED = 64  # numbers looked at before all are


def pack_ints(values: Ints) -> bytes:
    """Whole numbers; `unpack_ints` gives them back."""
    with np.errstate(over="ignore"):  # differences may wrap around; adding wraps them back
        steps = np.diff(values, prepend=np.int64(0))
    flag, chosen = (_IS_DIFFERENCES, steps) if _width(steps) < _width(values) else (0, values)
    width = _width(chosen)
    return bytes([flag | width]) + _squeeze(chosen.astype(f"<i{width}"))


def unpack_ints(body: bytes, places: Ints | None = None) -> Ints:
    """What `pack_ints` was given, or only what stands at some places."""
    kind = f"<i{body[0] & 15}"
    if not body[0] & _IS_DIFFERENCES:
        return _stretch(body, kind, places).astype(np.int64)
    values = np.cumsum(_stretch(body, kind), dtype=np.int64)
    return values if places is None else values[places]


def pack_floats(values: Floats) -> bytes:
    """Floats, bit by bit; `unpack_floats` gives them back."""
    for places in range(MAX_PLACES + 1):
        whole = _as_whole(values[:_TRIED], places)
        if whole is not None and (whole := _as_whole(values, places)) is not None:
            return bytes([places]) + pack_ints(whole)
    return bytes([_RAW]) + _squeeze(values.astype("<f8"))


def unpack_floats(body: bytes, places: Ints | None = None) -> Floats:
    """What `pack_floats` was given, or only what stands at some places."""
    if body[0] == _RAW:
        return _stretch(body, "<f8", places).astype(np.float64, copy=False)
    return unpack_ints(body[1:], places) / 10.0 ** body[0]


def pack_flags(values: npt.NDArray[np.bool_]) -> bytes:
    """Truth values, eight a byte."""
    return zlib.compress(np.packbits(values).tobytes(), _LEVEL)


def unpack_flags(body: bytes, n: int) -> npt.NDArray[np.bool_]:
    """What `pack_flags` was given, of which there were `n`."""
    bits = np.frombuffer(zlib.decompress(body), np.uint8)
    return np.unpackbits(bits, count=n).astype(np.bool_)


def _as_whole(values: Floats, places: int) -> Ints | None:
    with np.errstate(all="ignore"):
        scaled = np.rint(values * 10.0**places)
        if not np.all(np.abs(scaled) < EXACT):  # also for NaN and infinities
            return None
        same = np.array_equal((scaled / 10.0**places).view(np.int64), values.view(np.int64))
    whole = scaled.astype(np.int64)
    # A negative zero is no whole number.
    return whole if same and not np.any(np.signbit(values) & (whole == 0)) else None


def _width(values: Ints) -> int:
    if not len(values):
        return 1
    low, high = int(values.min()), int(values.max())
    return next(w for w in (1, 2, 4, 8) if -(1 << 8 * w - 1) <= low and high < 1 << 8 * w - 1)


def _squeeze(values: npt.NDArray[Any]) -> bytes:
    """Each rank's bytes by themselves: those that compression would not make smaller, as they are.

    So the digits of noise, most of a measurement, cost no time to read.
    """
    ranks = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1).T
    sizes, bodies = [], []
    for rank in ranks:
        body = rank.tobytes()
        small = zlib.compress(body, _LEVEL)
        is_smaller = len(small) < _WORTH * len(body)
        bodies.append(small if is_smaller else body)
        sizes.append(len(bodies[-1]) | (0 if is_smaller else _AS_IS))
    return b"".join([np.array(sizes, "<u4").tobytes(), *bodies])


def _stretch(body: bytes, kind: str, places: Ints | None = None) -> npt.NDArray[Any]:
    """The array behind the first byte, which says how it is kept; or what of it is at places."""
    width = np.dtype(kind).itemsize
    at = 1 + 4 * width
    ranks = []
    for size in np.frombuffer(body, "<u4", width, 1).tolist():
        part = memoryview(body)[at : at + (size & ~_AS_IS)]
        at += len(part)
        rank = np.frombuffer(part if size & _AS_IS else zlib.decompress(part), np.uint8)
        ranks.append(rank if places is None else rank[places])
    found = np.empty((len(ranks[0]), width), np.uint8)
    for i, rank in enumerate(ranks):
        found[:, i] = rank
    return found.view(kind)[:, 0]
