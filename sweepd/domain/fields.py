"""JSON from outside, read by kind: every value is checked where it enters, and nowhere else.

What is another kind than it should be, too long, or beyond its range is refused with its name, what
was expected and what came.
"""

import math
import sys
from collections.abc import Mapping
from typing import Any

from sweepd.domain.encoding import clean
from sweepd.domain.errors import BadInput

MIN_INT64, MAX_INT64 = -(2**63), 2**63 - 1
MAX_TEXT = 100_000  # characters


class Fields:
    """The fields of one JSON object.

    Attributes:
        found: As they came.
    """

    def __init__(self, found: Any, what: str = "the request") -> None:
        if not isinstance(found, dict):
            raise BadInput(f"{what} should be a JSON object; got {found!r:.100}")
        self.found: Mapping[str, Any] = found

    def text(self, name: str, default: str = "", longest: int = MAX_TEXT) -> str:
        """A text, cut to its longest; null or nothing is the default."""
        value = self.found.get(name)
        if value is None:
            return default
        return clean(_kind(name, value, str, "a text"))[:longest]

    def words(self, name: str, what: str, longest: int = MAX_TEXT) -> str:
        """A text that says something, without the blanks around it.

        Raises:
            BadInput: There is nothing but blanks; the message says of `what`.
        """
        found = self.text(name, longest=longest).strip()
        if not found:
            raise BadInput(f"{what} is missing: write it")
        return found

    def texts(self, name: str, most: int = 10_000) -> list[str] | None:
        """A list of texts; None for null or nothing."""
        value = self.found.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise BadInput(f"{name} should be a list of texts; got {value!r:.100}")
        if len(value) > most:
            raise BadInput(f"{name} may hold {most:,} texts; got {len(value):,}")
        return [clean(item) for item in value]

    def whole(self, name: str, low: int = MIN_INT64, high: int = MAX_INT64) -> int | None:
        """A whole number within its range; None for null or nothing."""
        value = self.found.get(name)
        return None if value is None else whole(value, name, low, high)

    def flag(self, name: str) -> bool:
        """True or false; null or nothing is false."""
        value = self.found.get(name)
        return False if value is None else bool(_kind(name, value, bool, "true or false"))

    def number(self, name: str) -> float | None:
        """A finite number; None for null or nothing."""
        value = self.found.get(name)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or abs(value) > sys.float_info.max or value != value:
            raise BadInput(f"{name} should be a finite number; got {value!r:.100}")
        return float(value)

    def object(self, name: str) -> dict[str, Any] | None:
        """An object; None for null or nothing."""
        value = self.found.get(name)
        return None if value is None else dict(_kind(name, value, dict, "an object"))


def whole(value: Any, name: str, low: int = MIN_INT64, high: int = MAX_INT64) -> int:
    """A whole number within its range; 3.0 is one.

    Raises:
        BadInput: Another kind of value, or beyond the range.
    """
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(f"{name} should be a whole number; got {value!r:.100}")
    if not low <= value <= high:
        told = f"{value:.3e}" if abs(value) < 10**300 else "one of hundreds of digits"
        raise BadInput(f"{name} should lie between {low} and {high}; got {told}")
    return value


def _kind(name: str, value: Any, kind: type, told: str) -> Any:
    if not isinstance(value, kind):
        raise BadInput(f"{name} should be {told}; got {value!r:.100}")
    return value
