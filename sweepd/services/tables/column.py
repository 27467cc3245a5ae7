"""One name's values over all runs of a project, in arrays: what each is, and the number or text."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from sweepd.domain.config import MISSING

Rows = npt.NDArray[np.intp]
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
    """Rows with any other value: `values[codes]`."""

    rows: Rows
    codes: Rows
    values: Sequence[Any]


@dataclass(frozen=True)
class Elsewhere:
    """Rows whose value is not kept here."""

    rows: Rows


Group = Numbers | Coded | Elsewhere


class Column:
    """Values by row; rows never written are MISSING."""

    def __init__(self, capacity: int) -> None:
        self.kinds = np.zeros(capacity, np.uint8)
        self.numbers = np.zeros(capacity)  # of texts and JSON their place in `texts`
        self.texts: list[str] = []
        self._places: tuple[dict[str, int], dict[str, int]] = ({}, {})  # of texts, of JSON

    def grow(self, capacity: int) -> None:
        """Have room for more rows."""
        more = capacity - len(self.kinds)
        self.kinds = np.concatenate([self.kinds, np.zeros(more, np.uint8)])
        self.numbers = np.concatenate([self.numbers, np.zeros(more)])

    def clear(self, rows: Rows) -> None:
        """Let rows have no value."""
        self.kinds[rows] = Kind.MISSING

    def put(self, rows: Sequence[int], values: Sequence[Any]) -> None:
        """Set the values of some rows, as JSON has them."""
        kinds = set(map(type, values))
        places = np.asarray(rows, np.intp)
        if kinds == {float}:
            self.kinds[places], self.numbers[places] = Kind.FLOAT, np.asarray(values)
            return
        if kinds == {str} and self._put_texts(places, values):
            return
        found = [self._coded(value) for value in values]
        self.kinds[places] = [kind for kind, _ in found]
        self.numbers[places] = [number for _, number in found]
        if len(self.texts) > 2 * len(self.kinds) + SLACK:
            self._drop_unused()

    def _put_texts(self, places: Rows, values: Sequence[str]) -> bool:
        """Set texts all of which are known, or few; False when they have to be looked at."""
        known = self._places[0]
        if len(set(values) - known.keys()) > len(values) // 4:
            return False
        found = [self._place(Kind.TEXT, value) for value in values if value not in known]
        if any(kind is not Kind.TEXT for kind, _ in found):
            return False
        self.kinds[places], self.numbers[places] = Kind.TEXT, [known[value] for value in values]
        return True

    def _coded(self, value: Any) -> tuple[Kind, float]:
        if isinstance(value, str):
            return self._place(Kind.TEXT, value)
        if value is None:
            return Kind.NULL, 0
        if isinstance(value, bool):
            return Kind.BOOL, value
        if isinstance(value, float):
            return Kind.FLOAT, value
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
            self.numbers[rows] = np.asarray(new, float)[inverse]

    def groups(self, rows: Rows) -> Iterator[Group]:
        """The values of some rows, each row in one group."""
        kinds, numbers = self.kinds[rows], self.numbers[rows]
        is_number = (kinds == Kind.INT) | (kinds == Kind.FLOAT)
        if is_number.any():
            yield Numbers(rows[is_number], numbers[is_number], kinds[is_number] == Kind.INT)
        for kind, value in ((Kind.MISSING, MISSING), (Kind.NULL, None)):
            if (found := kinds == kind).any():
                own = rows[found]
                yield Coded(own, np.zeros(len(own), np.intp), [value])
        if (found := kinds == Kind.BOOL).any():
            yield Coded(rows[found], numbers[found].astype(np.intp), [False, True])
        for kind in (Kind.TEXT, Kind.JSON):
            if (found := kinds == kind).any():
                places = numbers[found].astype(np.intp)
                is_used = np.zeros(len(self.texts), np.bool_)
                is_used[places] = True
                codes = (np.cumsum(is_used) - 1)[places]
                texts: list[Any] = [self.texts[place] for place in np.flatnonzero(is_used).tolist()]
                values = texts if kind is Kind.TEXT else [json.loads(text) for text in texts]
                yield Coded(rows[found], codes, values)
        if (found := kinds == Kind.ELSEWHERE).any():
            yield Elsewhere(rows[found])
