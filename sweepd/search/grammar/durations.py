"""Spans of time as people write them: `2h`, `1h30m`, `45s`, or a number of seconds."""

import re
from typing import Any

from sweepd.search.canonical import is_number
from sweepd.search.grammar.findings import Findings

_UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([dhms])\s*", re.ASCII)
MOST = 10 * 365 * 86_400.0


def read_duration(key: str, raw: Any, findings: Findings) -> float | None:
    """Seconds, more than 0; None and a problem for anything else."""
    seconds = seconds_of(raw)
    if seconds is not None and 0 < seconds <= MOST:
        return seconds
    findings.problem(key, "a time of more than 0 and at most ten years", raw, "write 2h or 1h30m")
    return None


def seconds_of(raw: Any) -> float | None:
    """What a span says, None where it says none."""
    if is_number(raw):
        return float(raw)
    text = raw.strip() if isinstance(raw, str) and len(raw) <= 50 else ""
    parts = _PART.findall(text)
    if not parts or "".join(_PART.split(text)[::3]).strip():
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def duration_text(seconds: float) -> str:
    """Seconds in words: `1h 30m`."""
    left, parts = round(seconds), []
    for unit, size in _UNITS.items():
        n, left = divmod(left, int(size))
        parts += [f"{n}{unit}"] if n else []
    return " ".join(parts[:2]) or f"{seconds:g}s"
