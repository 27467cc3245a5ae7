"""Find and order runs: the client's Mongo-like filters over one project's runs."""

import json
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import Run
from sweepd.services import patterns
from sweepd.services.streams import parse_line

Test = Callable[[Any], bool]
Reader = Callable[[str], Callable[[Any], Any]]
_MISSING: Any = object()

_FIELDS: dict[str, Callable[[Run], Any]] = {
    "entity": lambda run: run.entity,
    "project": lambda run: run.project,
    "name": lambda run: run.run_id,
    "id": lambda run: run.run_id,
    "display_name": lambda run: run.display_name,
    "state": lambda run: str(run.state),
    "sweep": lambda run: run.sweep_id,
    "group": lambda run: run.group_name,
    "job_type": lambda run: run.job_type,
    "host": lambda run: run.host,
    "tags": lambda run: list(run.tags),
    "username": lambda run: run.user_name,
    "notes": lambda run: run.notes,
    "description": lambda run: run.description,
    "created_at": lambda run: iso(run.created_at),
    "updated_at": lambda run: iso(run.updated_at),
    "heartbeat_at": lambda run: iso(run.heartbeat_at),
    "duration": lambda run: ((run.heartbeat_at or run.updated_at) - run.created_at).total_seconds(),
}
ALIASES = {
    "displayName": "display_name", "jobType": "job_type", "createdAt": "created_at",
    "updatedAt": "updated_at", "heartbeatAt": "heartbeat_at", "user.username": "username",
    "group_name": "group", "groupName": "group", "sweep_name": "sweep", "sweepName": "sweep",
}  # fmt: skip


def select(runs: Sequence[Run], filters: str | None, order: str | None) -> list[Run]:
    """The runs that pass the filter, in the order asked for.

    Args:
        filters: JSON text of a filter; None or an empty object lets all pass.
        order: A key with `+` (ascending, the default) or `-`; None is `+created_at`. Runs that
            lack the key, or have NaN there, come last in both directions.

    Raises:
        BadInput: The filter or order cannot be understood; the message says which part.
    """
    test = compile_filter(filters)
    return sort([run for run in runs if test(run)], order)


def compile_filter(filters: str | None, read_path: Reader | None = None) -> Test:
    """A test from a filter's JSON text; see `select`.

    Args:
        read_path: How to read a path of the things tested; of runs when None.
    """
    try:
        tree = json.loads(filters) if filters else {}
        return _compile(tree if tree is not None else {}, read_path or reader)
    except RecursionError as error:
        raise BadInput("this filter is nested too deeply to be read") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"filters should be JSON: {error}; got {filters!r:.100}") from error


def _compile(tree: Any, read_path: Reader) -> Test:
    if not isinstance(tree, dict):
        raise BadInput(f"a filter is an object of path: value; got {tree!r:.100}")
    tests = [_compile_item(key, value, read_path) for key, value in tree.items()]
    return lambda run: all(test(run) for test in tests)


def _compile_item(key: str, value: Any, read_path: Reader) -> Test:
    if key in ("$and", "$or", "$nor"):
        if not isinstance(value, list):
            raise BadInput(f"{key} takes a list of filters; got {value!r:.100}")
        tests = [_compile(item, read_path) for item in value]
        if key == "$and":
            return lambda run: all(test(run) for test in tests)
        if key == "$or":
            return lambda run: any(test(run) for test in tests)
        return lambda run: not any(test(run) for test in tests)
    if key == "$not":
        test = _compile(value, read_path)
        return lambda run: not test(run)
    if key.startswith("$"):
        raise BadInput(f"unknown operator {key}; known: $and $or $nor $not and comparisons")
    read = read_path(key)
    compare = _compile_comparison(key, value)
    return lambda run: compare(read(run))


def _compile_comparison(path: str, value: Any) -> Callable[[Any], bool]:
    if not (isinstance(value, dict) and value and all(k.startswith("$") for k in value)):
        return lambda found: _equal(found, value)
    value = dict(value)
    if "$regex" in value and "$options" in value:  # MongoDB's way to say (?i)
        value["$regex"] = f"(?{value.pop('$options')}){value['$regex']}"
    tests = [_operator(path, name, operand) for name, operand in value.items()]
    return lambda found: all(test(found) for test in tests)


def _operator(path: str, name: str, operand: Any) -> Callable[[Any], bool]:
    simple: dict[str, Callable[[Any], bool]] = {
        "$eq": lambda found: _equal(found, operand),
        "$ne": lambda found: not _equal(found, operand),
        "$gt": lambda found: _compare(found, operand, lambda a, b: a > b),
        "$gte": lambda found: _compare(found, operand, lambda a, b: a >= b),
        "$lt": lambda found: _compare(found, operand, lambda a, b: a < b),
        "$lte": lambda found: _compare(found, operand, lambda a, b: a <= b),
        "$exists": lambda found: (found is not _MISSING and found is not None) == bool(operand),
    }
    if name in simple:
        return simple[name]
    if name in ("$in", "$nin"):
        if not isinstance(operand, list):
            raise BadInput(f"{path}: {name} takes a list; got {operand!r:.100}")
        within = name == "$in"
        return lambda found: any(_equal(found, item) for item in operand) == within
    if name == "$regex":
        search = patterns.compile_pattern(operand, path)
        return lambda found: isinstance(found, str) and search(found)
    if name == "$not":
        inner = _compile_comparison(path, operand)
        return lambda found: not inner(found)
    raise BadInput(
        f"{path}: unknown operator {name}; known: $eq $ne $gt $gte $lt $lte $in $nin $exists "
        "$regex $not"
    )


def _equal(found: Any, value: Any) -> bool:
    if found is _MISSING:
        return value is None
    if isinstance(found, list) and not isinstance(value, list):
        return any(_equal(item, value) for item in found)
    if isinstance(found, bool) != isinstance(value, bool):
        return False
    return bool(found == value)


def _compare(found: Any, value: Any, test: Callable[[Any, Any], bool]) -> bool:
    if isinstance(found, str) and isinstance(value, str):
        return test(_comparable(found), _comparable(value))
    numbers = isinstance(found, int | float) and isinstance(value, int | float)
    return numbers and test(found, value)


def _comparable(text: str) -> Any:
    """Times compare as times, however they are written."""
    if re.match(r"\d{4}-\d\d-\d\d", text):
        try:
            at = datetime.fromisoformat(text.replace("Z", "+00:00"))
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()
        except ValueError:
            return text
    return text


def reader(path: str) -> Callable[[Run], Any]:
    """How to read a path of a run.

    Raises:
        BadInput: No run has such a path.
    """
    name = ALIASES.get(path, path)
    if name in _FIELDS:
        return _FIELDS[name]
    head, _, rest = name.partition(".")
    if head == "config" and rest:
        return lambda run: _config_value(run, rest)
    if head in ("summary_metrics", "summary", "summaryMetrics") and rest:
        return lambda run: _dig(parse_line(run.summary), rest)
    if name.startswith("keys_info.keys."):
        key = name.removeprefix("keys_info.keys.").removesuffix(".previousValue")
        return lambda run: _dig(parse_line(run.summary), key)
    raise BadInput(
        f"runs have no {path!r}; filter by {', '.join(_FIELDS)}, config.KEY or summary_metrics.KEY"
    )


def _config_value(run: Run, rest: str) -> Any:
    config = parse_line(run.config)
    plain = {
        key: item["value"]
        for key, item in config.items()
        if isinstance(item, dict) and "value" in item
    }
    found = _dig(plain, rest)
    if found is _MISSING and rest.endswith(".value"):
        found = _dig(plain, rest.removesuffix(".value"))
    if found is _MISSING and ".value." in rest:
        found = _dig(plain, rest.replace(".value.", ".", 1))
    return found


def _dig(value: Any, path: str) -> Any:
    """A value by dotted path; keys which hold dots themselves are found too."""
    if isinstance(value, dict):
        if path in value:
            return value[path]
        for cut in [i for i, c in enumerate(path) if c == "."]:
            if path[:cut] in value:
                found = _dig(value[path[:cut]], path[cut + 1 :])
                if found is not _MISSING:
                    return found
    return _MISSING


def sort(runs: Sequence[Run], order: str | None) -> list[Run]:
    """Runs by one key; see `select`."""
    if not order:
        return sorted(runs, key=lambda run: (run.created_at, run.pk))
    is_descending = order.startswith("-")
    value_of = sort_value(order)
    keyed, rest = [], []
    for run in runs:
        value = value_of(run)
        if value is None:
            rest.append(run)
        else:
            keyed.append((value, run))
    keyed.sort(key=lambda item: item[0], reverse=is_descending)
    return [run for _, run in keyed] + rest


def sort_value(order: str) -> Callable[[Run], tuple[int, Any] | None]:
    """What runs are ordered by; None of a run that lacks it."""
    read = reader(order.lstrip("+-"))
    return lambda run: _sortable(read(run))


def _sortable(value: Any) -> tuple[int, Any] | None:
    if isinstance(value, dict) and value:  # a metric with `summary="min"` holds an object
        value = next((v for v in value.values() if isinstance(v, int | float)), None)
    if isinstance(value, bool):
        return (0, float(value))
    if isinstance(value, int | float):
        return None if math.isnan(value) else (0, value)
    if isinstance(value, str):
        return (1, value)
    return None


def iso(at: datetime | None) -> str | None:
    """A time as filters compare it."""
    return at.isoformat() if at else None
