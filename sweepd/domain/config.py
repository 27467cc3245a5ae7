"""A run's config as the client wraps it, and nested values as dotted names: one rule each.

The client sends `{"lr": {"value": 0.1}, "_wandb": {"value": {…}}}`: every value wrapped (older
ones add a "desc"), its own notes under `_wandb`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

PRIVATE = "_wandb"  # the client's own part of a config or summary
MAX_DEPTH = 200  # levels that `flatten` goes down; what lies deeper stays whole
MAX_LOOKS = 20_000  # that `find` takes for one value
_PRIVATE_KEYS = frozenset({PRIVATE, "wandb_version"})
_WRAPPER_KEYS = frozenset({"value", "desc"})
MISSING: Any = object()  # what `find` gives where nothing is


def unwrap(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config as the script sees it, without the client's part; what is bare stays as it is."""
    return {key: _bare(item) for key, item in config.items() if key not in _PRIVATE_KEYS}


def wrap(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config as the client has it."""
    return {key: {"value": value} for key, value in config.items()}


def private_part(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the client notes of itself in a config; empty when there is nothing."""
    found = _bare(config.get(PRIVATE))
    return found if isinstance(found, dict) else {}


def _bare(item: Any) -> Any:
    is_wrapped = isinstance(item, dict) and "value" in item and item.keys() <= _WRAPPER_KEYS
    return item["value"] if is_wrapped else item


def flatten(values: Mapping[str, Any], most: int | None = None) -> dict[str, Any]:
    """Nested objects as dotted names; media (objects with `_type`), lists and empty ones whole.

    Args:
        most: How many names at most; the first ones are kept.
    """
    found: dict[str, Any] = {}
    _flatten_into(found, values, "", most, MAX_DEPTH)
    return found


def _flatten_into(
    found: dict[str, Any], values: Mapping[str, Any], prefix: str, most: int | None, depth: int
) -> None:
    for key, value in values.items():
        if most is not None and len(found) >= most:
            return
        if depth and isinstance(value, dict) and value and "_type" not in value:
            _flatten_into(found, value, f"{prefix}{key}.", most, depth - 1)
        else:
            found[f"{prefix}{key}"] = value


def find(values: Any, path: str) -> Any:
    """The value under a name or a dotted path, MISSING if none; keys may hold dots themselves.

    Since they may, there are many ways to go; after MAX_LOOKS, or beyond MAX_DEPTH dots, there is
    none.
    """
    if not isinstance(values, dict):
        return MISSING
    if path in values:
        return values[path]
    n_dots = path.count(".")
    if not 0 < n_dots <= MAX_DEPTH:
        return MISSING
    return _find(values, path, [MAX_LOOKS])


def _find(values: Any, path: str, n_left: list[int]) -> Any:
    if not isinstance(values, dict):
        return MISSING
    if path in values:
        return values[path]
    at = path.find(".")
    while at >= 0 and n_left[0] > 0:
        n_left[0] -= 1
        if path[:at] in values:
            found = _find(values[path[:at]], path[at + 1 :], n_left)
            if found is not MISSING:
                return found
        at = path.find(".", at + 1)
    return MISSING


def nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Values under dotted names as nested objects: `flatten` the other way.

    Raises:
        ValueError: A name is both a value and a group of values.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        *groups, leaf = name.split(".")
        place = found
        for group in groups:
            place = place.setdefault(group, {})
            if not isinstance(place, dict):
                raise ValueError(f"{name} lies within {group}, which has a value of its own")
        place[leaf] = value
    return found
