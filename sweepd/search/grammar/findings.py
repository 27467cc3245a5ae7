"""Read loosely typed values of a sweep file, keeping a list of what was wrong with them."""

import difflib
import math
import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sweepd.search.canonical import is_number

# YAML 1.1 reads 1e-5 and 1.5e5 as texts: it wants a dot and a signed exponent.
_SCIENTIFIC = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+", re.ASCII)
_NUMERIC = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)

MAX_LINE = 300  # characters after which nothing is added to a warning
MAX_UNKNOWN = 12  # unknown keys told by name
_HOLDS = frozenset({"value", "values", "min", "max", "distribution", "parameters"})
_TOP = ("method", "metric", "parameters", "early_terminate", "run_cap")


MAX_FINDINGS = 100  # of each kind; what comes after them is not looked into
MAX_DIGITS = 300  # of a number written as a text
MAX_NAME = 100  # characters, and
MAX_NAMES = 500  # names, that a misspelt one is compared with
MAX_WHOLE = 2**31 - 1  # of counts; nobody hands out more


class _Short(reprlib.Repr):
    """Values in little: the first of their items, in the order that they came."""

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """The first items of an object."""
        if level <= 0:
            return "{…}"
        some = islice(x.items(), self.maxdict)
        pairs = [f"{self.repr1(k, level - 1)}: {self.repr1(v, level - 1)}" for k, v in some]
        return "{" + ", ".join(pairs + ["…"] * (len(x) > self.maxdict)) + "}"


_SHORT = _Short()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist, _SHORT.maxtuple = 4, 8, 8, 8
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 80


class Findings:
    """Problems (cannot run) and warnings (odd, but runs), in the order they were met."""

    def __init__(self) -> None:
        self.problems: list[str] = _Few()
        self.warnings: list[str] = []
        self.unknown: list[str] = []  # keys, with what they may have been meant for
        self.subjects: list[str] = []  # of each warning: the parameter or key it is about
        self.parameter: str | None = None  # that is being read

    def problem(self, key: str, expected: str, got: Any, advice: str) -> None:
        """Note something that keeps the sweep from running."""
        self.problems.append(_sentence(key, expected, got, advice))

    def warn(self, key: str, expected: str, got: Any, advice: str) -> None:
        """Note something odd that has been worked around."""
        self.warn_plainly(key, _said(expected, got, advice))

    def warn_plainly(self, key: str, message: str) -> None:
        """As `warn`, where nothing that came is wrong."""
        if len(self.warnings) < MAX_FINDINGS:
            self.warnings.append(f"{key}: {message}")
            self.subjects.append(self.parameter or key)

    def report(self) -> tuple[str, ...]:
        """The warnings, one line for each parameter or key, and one for all unknown keys."""
        lines: dict[str, str] = {}
        for subject, warning in zip(self.subjects, self.warnings, strict=True):
            if subject not in lines:
                lines[subject] = warning
            elif len(lines[subject]) < MAX_LINE:
                _, _, rest = warning.partition(": ")
                lines[subject] += f"; and {rest}"
        found = list(lines.values())
        if self.unknown:
            more = len(self.unknown) - MAX_UNKNOWN
            tail = f", and {more:,} more" if more > 0 else ""
            shown_keys = ", ".join(self.unknown[:MAX_UNKNOWN])
            found.append(f"unknown keys, which are ignored: {shown_keys}{tail}")
        return tuple(found)

    def choice(self, key: str, value: Any, known: Iterable[str]) -> Any:
        """One of the known words; None and a problem otherwise: a guess could be the opposite."""
        names = list(known)
        if value in names:
            return value
        near = nearest(str(value), names)
        advice = f"did you mean {near}?" if near else "choose one of them"
        self.problem(key, f"one of {', '.join(names)}", value, advice)
        return None

    def unknown_keys(self, where: str, raw: Mapping[str, Any], known: Iterable[str]) -> None:
        """Note each key that is not known, with the nearest that is.

        One that holds a parameter, or a section of the whole file, stands in the wrong place: what
        it says would not be done, so that is a problem.
        """
        names = sorted(known)
        for key, value in raw.items():
            if key in names:
                continue
            at = f"{where}.{shown_key(key)}" if where else shown_key(key)
            is_parameter = isinstance(value, Mapping) and not _HOLDS.isdisjoint(value)
            if is_parameter and not (not where and _is_taken_up(value, raw.get("parameters"))):
                place = (
                    f"beside {where.rpartition('.')[2]}, it is indented too far"
                    if where.startswith("parameters.")
                    else "below parameters:"
                )
                self.problem(at, "no parameter here", value, f"write it {place}")
            elif where and key in _TOP:
                self.problem(at, "this at the top of the file", value, "it is indented too far")
            else:
                near = nearest(str(key), names) if len(self.unknown) < MAX_UNKNOWN else None
                hint = f" (did you mean {near}?)" if near else ""
                if key == "q" and where.startswith("parameters."):
                    hint = " (only with a distribution such as q_uniform)"
                self.unknown.append(at + hint)

    def number(self, key: str, value: Any) -> int | float | None:
        """A finite number, also from a text that spells one, such as "1e-5"; None and a problem."""
        if is_number(value):
            return value if isinstance(value, int) else float(value)
        if isinstance(value, str) and _NUMERIC.fullmatch(value.strip()):
            number = as_number(value)
            if math.isfinite(number):
                return number
        self.problem(key, "a finite number", value, "write a number")
        return None

    def whole(self, key: str, value: Any, least: int, most: int = MAX_WHOLE) -> int | None:
        """A whole number from `least` to `most`; None and a problem otherwise."""
        number = value
        if isinstance(value, str):
            number = self.number(key, value)
            if number is None:
                return None
        if is_number(number) and float(number).is_integer() and number >= least:
            if number <= most:
                return int(number)
            self.problem(key, f"a whole number of at most {most:,}", value, "lower it")
            return None
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


def _is_taken_up(value: Mapping[str, Any], parameters: Any) -> bool:
    """Whether a parameter has all of it: an alias (`*name`) or a merge (`<<: *name`) of YAML's."""
    if not isinstance(parameters, Mapping):
        return False
    return any(
        isinstance(entry, Mapping) and all(k in entry and entry[k] == v for k, v in value.items())
        for entry in parameters.values()
    )


def as_number(text: str) -> int | float:
    """The number a text spells; whole when it is spelled without dot and exponent."""
    try:
        return int(text) if len(text) <= MAX_DIGITS else float(text)
    except ValueError:
        return float(text)


def spells_number(value: Any) -> bool:
    """Whether this is a text that YAML should have read as a number, such as "1e-5".

    Not one that no float holds: `123e4567` is a commit's hash.
    """
    if not isinstance(value, str) or not _SCIENTIFIC.fullmatch(value):
        return False
    number = float(value)
    digits = re.split("[eE]", value)[0]
    return math.isfinite(number) and (number != 0 or not re.search("[1-9]", digits))


def literal(value: Any) -> Any:
    """A value with the numbers that YAML 1.1 reads as texts; in a list only if all are numbers."""
    if spells_number(value):
        return as_number(value)
    if isinstance(value, list | tuple):
        return literals(value)
    if isinstance(value, dict):
        return {key: literal(item) for key, item in value.items()}
    return value


def literals(values: Sequence[Any]) -> list[Any]:
    """As `literal`, of a list."""
    if all(is_number(value) or spells_number(value) for value in values):
        return [as_number(value) if isinstance(value, str) else value for value in values]
    return [value if isinstance(value, str) else literal(value) for value in values]


def bound(value: Any) -> Any:
    """A bound as a number where a text spells one."""
    is_text = isinstance(value, str) and _NUMERIC.fullmatch(value.strip())
    return as_number(value.strip()) if is_text else value


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, if any is."""
    if len(word) > MAX_NAME:
        return None
    some = [name for name in islice(known, MAX_NAMES) if len(name) <= MAX_NAME]
    found = difflib.get_close_matches(word.lower(), some, n=1, cutoff=0.6)
    return found[0] if found else None


def shown_key(key: Any) -> str:
    """A key for a message, cut to 60 characters."""
    text = str(key)
    return text if len(text) <= 60 else text[:57] + "…"


def shown(value: Any) -> str:
    """A value for a message, cut to 60 characters."""
    if value is None:
        return "nothing"
    text = _SHORT.repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _sentence(key: str, expected: str, got: Any, advice: str) -> str:
    return f"{key}: {_said(expected, got, advice)}"


def _said(expected: str, got: Any, advice: str) -> str:
    return f"expected {expected}, got {shown(got)}; {advice}"


class _Few(list[str]):
    """A list that takes no more than MAX_FINDINGS: a long file can be wrong in every line."""

    def append(self, finding: str) -> None:
        """Keep a finding while there is room."""
        if len(self) < MAX_FINDINGS:
            super().append(finding)
