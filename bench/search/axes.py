"""A problem's parameters as the peers take them: each a continuous range or a list of options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Axis:
    """One parameter.

    Attributes:
        options: Its values in order; empty for a continuous one.
        is_ordered: Whether the options are numbers; else they are compared for equality only.
        low, high: Bounds of a continuous one.
        is_log: Whether it is spread evenly over its logarithm.
    """

    name: str
    options: tuple[Any, ...] = ()
    is_ordered: bool = True
    low: float = 0.0
    high: float = 1.0
    is_log: bool = False


def axes(parameters: Mapping[str, Any]) -> list[Axis]:
    """Of `parameters:` as the problems write them."""
    return [_axis(name, entry) for name, entry in parameters.items()]


def _axis(name: str, entry: Mapping[str, Any]) -> Axis:
    if "values" in entry:
        values = tuple(entry["values"])
        is_ordered = all(isinstance(value, int | float) for value in values)
        return Axis(name, tuple(sorted(values)) if is_ordered else values, is_ordered)
    low, high = entry["min"], entry["max"]
    if entry["distribution"] == "int_uniform":
        return Axis(name, tuple(range(low, high + 1)))
    if "q" in entry:
        n = round((high - low) / entry["q"])
        return Axis(name, tuple(round(low + i * entry["q"], 12) for i in range(n + 1)))
    return Axis(name, low=low, high=high, is_log="log" in entry["distribution"])
