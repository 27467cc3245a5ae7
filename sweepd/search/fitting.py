"""Whether a config from elsewhere is one a space can give, and if not, why."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweepd.search.canonical import is_number
from sweepd.search.parameter import Parameter
from sweepd.search.space import Space

NEAR = 1e-9  # of a bound or a step: how far off a number may be that was worked out


@dataclass(frozen=True)
class Misfit:
    """Why a config is none of a space's.

    Attributes:
        reason: The same for all configs that fail alike.
        value: What the config has there, as JSON; empty where it has none.
    """

    reason: str
    value: str = ""


def misfit(space: Space, config: Mapping[str, Any]) -> Misfit | None:
    """The first reason why a space cannot give this config; None when it can.

    What the config has beside the parameters that its conditions leave in is not looked at.
    """
    flat = space.flat(config)
    present = space.present(flat)
    missing = [p.name for p in space.parameters if p.name in present - flat.keys()]
    if missing:
        return Misfit(f"without a value for {', '.join(missing)}")
    for parameter in space.parameters:
        if parameter.name in present and (why := _why_not(parameter, flat[parameter.name])):
            return Misfit(f"{parameter.name} {why}", _text(flat[parameter.name]))
    for dimension in space.dimensions:
        names = [member.name for member in dimension.members]
        if len(names) > 1 and present.issuperset(names):
            row = [flat[name] for name in names]
            if dimension.row_index(row) is None:
                return Misfit(f"{' and '.join(names)} do not go together under `zip`", _text(row))
    kept = {name: value for name, value in flat.items() if name in present}
    for rule in space.constraints:
        if rule.names <= kept.keys() and not rule.holds(kept):
            return Misfit(f"breaks the constraint {rule.source}")
    return None


def _why_not(parameter: Parameter, value: Any) -> str | None:
    """Why a parameter cannot take a value; None when it can."""
    if parameter.is_listed:
        if parameter.index(value) is not None:
            return None
        if parameter.kind == "constant":
            return f"is not {_text(parameter.values[0])}"
        return "is none of its values"
    if not is_number(value):
        return "is no number"
    if parameter.kind == "int_uniform" and value != int(value):
        return "is no whole number"
    if parameter.kind.endswith("log_normal") and value < 0:
        return "is less than 0"
    if (bounds := _bounds(parameter)) is not None:
        low, high = bounds
        slack = NEAR * max(abs(low), abs(high))
        if not (low <= value <= high or low - slack <= value <= high + slack):
            return f"is outside {_text(low)} to {_text(high)}"
    if parameter.q is not None and not _is_multiple(value, parameter.q):
        return f"is no multiple of {_text(parameter.q)}"
    return None


def _bounds(parameter: Parameter) -> tuple[float, float] | None:
    """The least and the greatest value; None where there are none."""
    if parameter.steps is not None:
        first, last = parameter.steps
        step = 1 if parameter.q is None else parameter.q
        return first * step, last * step
    if parameter.low is not None and parameter.high is not None:
        return parameter.low, parameter.high
    if parameter.kind.endswith("beta"):
        return 0.0, 1.0
    return None


def _is_multiple(value: float, q: float) -> bool:
    if isinstance(value, int) and isinstance(q, int):
        return value % q == 0
    at = round(value / q)
    return math.isclose(at * q, value, rel_tol=NEAR, abs_tol=NEAR * abs(q))


def _text(value: Any) -> str:
    """As JSON, and no longer than a line can take."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:39] + "…"
