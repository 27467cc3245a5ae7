"""Compare parameter values by content: `3.0` equals `3`, key order does not matter.

Booleans stay apart from numbers (`true` is not `1`), as in JSON.
"""

import json
import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """The value with whole floats as integers, at every depth; anything unknown as its `repr`."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return int(value) if value.is_integer() else float(value)
        return {"float": repr(float(value))}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):  # a NumPy scalar
        return plain(value.item())
    return {"repr": repr(value)}


def content(value: Any) -> str:
    """One text per content: equal contents give equal texts, different ones different texts."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def is_number(value: Any) -> bool:
    """Whether the value is a finite float, or an int that is one; booleans are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an int of more than 308 digits
        return False


def is_within(known: Any, value: Any) -> bool:
    """Whether `value` has all of `known`; an object may carry further keys a script added."""
    if isinstance(known, Mapping):
        return isinstance(value, Mapping) and all(
            key in value and is_within(item, value[key]) for key, item in known.items()
        )
    return content(known) == content(value)
