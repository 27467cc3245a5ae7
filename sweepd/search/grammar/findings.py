"""Read loosely typed values of a sweep file, keeping a list of what was wrong with them."""

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sweepd.search.canonical import is_number

# YAML 1.1 reads 1e-5 and 1.5e5 as texts: it wants a dot and a signed exponent.
_SCIENTIFIC = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+")
_NUMERIC = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


class Findings:
    """Problems (cannot run) and warnings (odd, but runs), in the order they were met."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.warnings: list[str] = []

    def problem(self, key: str, expected: str, got: Any, advice: str) -> None:
        """Note something that keeps the sweep from running."""
        self.problems.append(_sentence(key, expected, got, advice))

    def warn(self, key: str, expected: str, got: Any, advice: str) -> None:
        """Note something odd that has been worked around."""
        self.warnings.append(_sentence(key, expected, got, advice))

    def unknown_keys(self, where: str, raw: Mapping[str, Any], known: Iterable[str]) -> None:
        """Warn of each key that is not known, with the nearest that is."""
        names = sorted(known)
        for key in raw:
            if key not in names:
                near = nearest(str(key), names)
                hint = f"did you mean {near!r}?" if near else "remove it"
                at = f"{where}.{key}" if where else str(key)
                self.warnings.append(
                    f"{at}: unknown key, expected one of {', '.join(names)}; it is ignored; {hint}"
                )

    def number(self, key: str, value: Any) -> int | float | None:
        """A finite number, also from a text such as "1e-5" (with a warning); None and a problem."""
        if is_number(value):
            return value if isinstance(value, int) else float(value)
        if isinstance(value, str) and _NUMERIC.fullmatch(value.strip()):
            number = as_number(value)
            if math.isfinite(number):
                self.warn(
                    key,
                    "a number",
                    value,
                    f"it is read as {number!r}; write it unquoted and with a dot, such as 1.0e-5",
                )
                return number
        self.problem(key, "a finite number", value, "write a number")
        return None

    def whole(self, key: str, value: Any, least: int) -> int | None:
        """A whole number of at least `least`; None and a problem otherwise."""
        number = value
        if isinstance(value, str):
            number = self.number(key, value)
            if number is None:
                return None
        if is_number(number) and float(number).is_integer() and number >= least:
            return int(number)
        self.problem(key, f"a whole number of at least {least}", value, "correct it")
        return None

    def flag(self, key: str, value: Any, default: bool) -> bool:
        """A boolean; the default and a warning otherwise."""
        if isinstance(value, bool):
            return value
        self.warn(key, "true or false", value, f"{str(default).lower()} is used")
        return default

    def text(self, key: str, value: Any) -> str | None:
        """A text or None; numbers are taken as texts, anything else is a warning."""
        if value is None or isinstance(value, str):
            return value
        if is_number(value):
            return str(value)
        self.warn(key, "a text", value, "it is ignored")
        return None


def as_number(text: str) -> int | float:
    """The number a text spells; whole when it is spelled without dot and exponent."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def spells_number(value: Any) -> bool:
    """Whether this is a text that YAML should have read as a number, such as "1e-5"."""
    return isinstance(value, str) and _SCIENTIFIC.fullmatch(value.strip()) is not None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, if any is."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def shown(value: Any) -> str:
    """A value for a message, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _sentence(key: str, expected: str, got: Any, advice: str) -> str:
    return f"{key}: expected {expected}, got {shown(got)}; {advice}"
