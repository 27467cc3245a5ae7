"""One name's values over all runs of a project, in arrays: what each is, and the number or text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sweepd.domain.config import MISSING
from sweepd.later import np, npt

if TYPE_CHECKING:
    Rows = npt.NDArray[np.intp]
else:
    Rows = Any
MAX_TEXT = 1000  # characters of a text, or of the JSON of a list or object, that is kept
EXACT = 2**53  # whole numbers up to this are what they are as floats
SLACK = 1000  # texts no longer used that are borne with
ELSEWHERE: Any = object()  # what is too long to be kept here; the run's row has it


class Kind(IntEnum):
    """What a run has under the name."""

    MISSING = 0
    NULL = 1
    BOOL = 2
    INT = 3
    FLOAT = 4
    TEXT = 5
    JSON = 6  # a list, an object, or a wide number, as JSON
    ELSEWHERE = 7


@dataclass(frozen=True)
class Numbers:
    """Rows with a number each; booleans are none."""

    rows: Rows
    values: npt.NDArray[np.float64]
    are_whole: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Coded:
    """Rows with any other value: `values[codes]`.

    Attributes:
        are_texts: All values are.
    """

    rows: Rows
    codes: Rows
    values: Sequence[Any]
    are_texts: bool = False


@dataclass(frozen=True)
class Elsewhere:
    """Rows whose value is not kept here."""

    rows: Rows


Group = Numbers | Coded | Elsewhere


def narrowest(low: int, high: int) -> np.dtype[Any]:
    """The kind of the fewest bytes that has all whole numbers between two."""
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.float64)


class Column:
    """Values by row; rows never written are MISSING.

    Attributes:
        kinds: By row, the Kind of its value.
        numbers: By row, the number, or of texts and JSON their place in `texts`. As narrow as all
            it holds allows: whole numbers of one, two or four bytes, else floats.
    """

    def __init__(self, capacity: int) -> None:
        self.kinds = np.zeros(capacity, np.uint8)
        self.numbers: npt.NDArray[Any] = np.zeros(capacity, np.int8)
        self.texts: list[str] = []
        # Of texts and of JSON. None: nearly each row has its own, so they are not looked up.
        self._places: tuple[dict[str, int], dict[str, int]] | None = ({}, {})

    @classmethod
    def of(cls, kinds: Any, numbers: Any, texts: list[str]) -> Column:
        """A column that has these."""
        column = cls(0)
        column.kinds, column.numbers, column.texts = kinds, numbers, texts
        column.settle()
        if (places := column._places) is not None:
            for kind, own in zip((Kind.TEXT, Kind.JSON), places, strict=True):
                used = np.unique(numbers[kinds == kind]).astype(np.intp).tolist()
                own.update((texts[place], place) for place in used)
        return column

    def grow(self, capacity: int) -> None:
        """Have room for more rows."""
        more = capacity - len(self.kinds)
        self.kinds = np.concatenate([self.kinds, np.zeros(more, np.uint8)])
        self.numbers = np.concatenate([self.numbers, np.zeros(more, self.numbers.dtype)])

    def clear(self, rows: Rows) -> None:
        """Let rows have no value."""
        self.kinds[rows] = Kind.MISSING

    def put(self, rows: Sequence[int], values: Sequence[Any]) -> None:
        """Set the values of some rows, as JSON has them."""
        kinds = set(map(type, values))
        places = np.asarray(rows, np.intp)
        if kinds == {float}:
            self._write(places, Kind.FLOAT, np.asarray(values))
            return
        if kinds == {str} and self._put_texts(places, values):
            return
        pairs = zip(rows, values, strict=True)
        found = [self._kept(row, value) or self._coded(value) for row, value in pairs]
        numbers = [number for _, number in found]
        kind = np.float64 if any(type(number) is float for number in numbers) else np.int64
        self._write(places, [kind for kind, _ in found], np.asarray(numbers, kind))
        if len(self.texts) > 2 * len(self.kinds) + SLACK:
            self._drop_unused()

    def settle(self) -> None:
        """Let go of what only helps while many rows are put."""
        if len(self.texts) > max(SLACK, len(self.kinds) // 4):
            self._places = None

    def _write(self, rows: Rows, kinds: Any, numbers: npt.NDArray[Any]) -> None:
        if self.numbers.dtype != np.float64 and len(numbers):
            kind = np.dtype(np.float64)
            if numbers.dtype != np.float64:
                kind = narrowest(int(numbers.min()), int(numbers.max()))
            if kind.itemsize > self.numbers.itemsize:
                self.numbers = self.numbers.astype(kind)
        self.kinds[rows], self.numbers[rows] = kinds, numbers

    def _put_texts(self, places: Rows, values: Sequence[str]) -> bool:
        """Set texts all of which are known, or few; False when they have to be looked at."""
        if self._places is None:
            return False
        known = self._places[0]
        if len(set(values) - known.keys()) > len(values) // 4:
            return False
        found = [self._place(Kind.TEXT, value) for value in values if value not in known]
        if any(kind is not Kind.TEXT for kind, _ in found):
            return False
        numbers = np.asarray([known[value] for value in values], np.int64)
        self._write(places, Kind.TEXT, numbers)
        return True

    def _kept(self, row: int, value: Any) -> tuple[Kind, float] | None:
        """A text where the row had it before, if places are not looked up."""
        if self._places is not None or not isinstance(value, str):
            return None
        place = self.numbers[row]
        is_place = 0 <= place < len(self.texts)
        return (Kind.TEXT, int(place)) if is_place and self.texts[int(place)] == value else None

    def _coded(self, value: Any) -> tuple[Kind, float]:
        if isinstance(value, str):
            return self._place(Kind.TEXT, value)
        if value is None:
            return Kind.NULL, 0
        if isinstance(value, bool):
            return Kind.BOOL, int(value)
        if isinstance(value, float):
            return Kind.FLOAT, float(value)
        if isinstance(value, int) and abs(value) <= EXACT:
            return Kind.INT, value
        if value is ELSEWHERE:
            return Kind.ELSEWHERE, 0
        try:
            return self._place(Kind.JSON, json.dumps(value))
        except (ValueError, RecursionError):  # a whole number of thousands of digits, a deep nest
            return Kind.ELSEWHERE, 0

    def _place(self, kind: Kind, text: str) -> tuple[Kind, float]:
        if len(text) > MAX_TEXT:
            return Kind.ELSEWHERE, 0
        if self._places is None:
            self.texts.append(text)
            return kind, len(self.texts) - 1
        places = self._places[kind is Kind.JSON]
        place = places.get(text)
        if place is None:
            place = places[text] = len(self.texts)
            self.texts.append(text)
        return kind, place

    def _drop_unused(self) -> None:
        texts, self.texts, self._places = self.texts, [], ({}, {})
        for kind in (Kind.TEXT, Kind.JSON):
            rows = np.flatnonzero(self.kinds == kind)
            codes, inverse = np.unique(self.numbers[rows], return_inverse=True)
            new = [self._place(kind, texts[int(code)])[1] for code in codes]
            self.numbers[rows] = np.asarray(new, self.numbers.dtype)[inverse]
        self.settle()

    def groups(self, rows: Rows) -> Iterator[Group]:
        """The values of some rows, each row in one group."""
        kinds, numbers = self.kinds[rows], self.numbers[rows]
        is_number = (kinds == Kind.INT) | (kinds == Kind.FLOAT)
        if is_number.any():
            values = numbers[is_number].astype(np.float64, copy=False)
            yield Numbers(rows[is_number], values, kinds[is_number] == Kind.INT)
        for kind, value in ((Kind.MISSING, MISSING), (Kind.NULL, None)):
            if (found := kinds == kind).any():
                own = rows[found]
                yield Coded(own, np.zeros(len(own), np.intp), [value])
        if (found := kinds == Kind.BOOL).any():
            yield Coded(rows[found], numbers[found].astype(np.intp), [False, True])
        for kind in (Kind.TEXT, Kind.JSON):
            if (found := kinds == kind).any():
                codes, texts = self._used(numbers[found].astype(np.intp))
                values = texts if kind is Kind.TEXT else [json.loads(text) for text in texts]
                yield Coded(rows[found], codes, values, kind is Kind.TEXT)
        if (found := kinds == Kind.ELSEWHERE).any():
            yield Elsewhere(rows[found])

    def _used(self, places: Rows) -> tuple[Rows, list[Any]]:
        """The texts at some places, and for each place which of them."""
        is_used = np.zeros(len(self.texts), np.bool_)
        is_used[places] = True
        if is_used.all():
            return places, self.texts
        texts = [self.texts[place] for place in np.flatnonzero(is_used).tolist()]
        return (np.cumsum(is_used) - 1)[places], texts
