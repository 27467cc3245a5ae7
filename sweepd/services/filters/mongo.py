"""Find and order runs: the client's Mongo-like filters over one project's runs."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sweepd.domain import patience
from sweepd.domain.config import MISSING
from sweepd.domain.errors import BadInput
from sweepd.domain.nesting import load
from sweepd.domain.paging import MISSING as UNSORTED
from sweepd.domain.paging import Key, Sortable, is_sortable, sortable
from sweepd.domain.patience import glancing
from sweepd.domain.runs import Run
from sweepd.services.filters import patterns
from sweepd.services.filters.runs import ALIASES, TIMES, present, reader

MAX_VALUES = 100_000  # of a filter: each may be asked of every run
MAX_PATH = 2_000  # characters of a key

Test = Callable[[Any], bool]
Reader = Callable[[str], Callable[[Any], Any]]


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
        tree = load(filters, "a filter", most=MAX_VALUES) if filters else {}
        return _compile(tree if tree is not None else {}, _telling(read_path))
    except RecursionError as error:
        raise BadInput("this filter is nested too deeply to be read") from error
    except ValueError as error:
        raise BadInput(f"filters should be JSON: {error}; got {filters!r:.100}") from error


def _telling(read_path: Reader | None) -> Reader:
    """A reader that tells what is missing from what is null."""
    return (lambda path: present(read_path(path))) if read_path is not None else reader


def _compile(tree: Any, read_path: Reader) -> Test:
    if not isinstance(tree, dict):
        raise BadInput(f"a filter is an object of path: value; got {tree!r:.100}")
    tests = [_compile_item(key, value, read_path) for key, value in tree.items()]
    return lambda run: all(test(run) for test in tests)


def _compile_item(key: str, value: Any, read_path: Reader) -> Test:
    patience.glance()
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
    if len(key) > MAX_PATH:
        raise BadInput(f"a key of a filter has at most {MAX_PATH:,} characters; got {key[:80]!r}…")
    read = read_path(key)
    if ALIASES.get(key, key) in TIMES:
        value = read_times(key, value)
    compare = compile_comparison(key, value)

    def test_value(run: Any) -> bool:
        patience.glance()
        return compare(read(run))

    return test_value


def read_times(path: str, value: Any) -> Any:
    """A comparison with its times written as ours are.

    Raises:
        BadInput: What a time is compared with is none.
    """
    if isinstance(value, dict):
        return {
            name: operand
            if name in ("$exists", "$regex", "$options")
            else read_times(path, operand)
            for name, operand in value.items()
        }
    if isinstance(value, list):
        return [read_times(path, item) for item in value]
    if value is None:
        return None
    text = _comparable(value) if isinstance(value, str) else None
    if text is None or not re.match(_DAY, text):
        raise BadInput(
            f"{path} is compared with a time such as 2026-01-31T12:00:00Z; got {value!r:.100}"
        )
    return text


def compile_comparison(path: str, value: Any) -> Callable[[Any], bool]:
    """Whether what is found under a path fits a value, or operators with theirs."""
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
        "$exists": lambda found: (found is not MISSING) == bool(operand),
    }
    if name in simple:
        return simple[name]
    if name in ("$in", "$nin"):
        if not isinstance(operand, list):
            raise BadInput(f"{path}: {name} takes a list; got {operand!r:.100}")
        within = name == "$in"
        return lambda found: any(_equal(found, item) for item in glancing(operand)) == within
    if name == "$regex":
        search = patterns.compile_pattern(operand, path)
        return lambda found: any(isinstance(item, str) and search(item) for item in _each(found))
    if name == "$contains":
        if not isinstance(operand, str):
            raise BadInput(f"{path}: $contains takes a text; got {operand!r:.100}")
        return lambda found: any(isinstance(x, str) and operand in x for x in _each(found))
    if name == "$all":
        if not isinstance(operand, list):
            raise BadInput(f"{path}: $all takes a list; got {operand!r:.100}")
        return lambda found: (
            bool(operand) and all(_equal(found, item) for item in glancing(operand))
        )
    if name == "$size":
        if isinstance(operand, bool) or not isinstance(operand, int):
            raise BadInput(f"{path}: $size takes a whole number; got {operand!r:.100}")
        return lambda found: isinstance(found, list) and len(found) == operand
    if name == "$not":
        inner = compile_comparison(path, operand)
        return lambda found: not inner(found)
    raise BadInput(
        f"{path}: unknown operator {name}; known: $eq $ne $gt $gte $lt $lte $in $nin $exists "
        "$regex $contains $all $size $not"
    )


def _equal(found: Any, value: Any) -> bool:
    if found is MISSING:
        return value is None
    if isinstance(found, list) and not isinstance(value, list):
        return any(_equal(item, value) for item in glancing(found))
    if isinstance(found, bool) != isinstance(value, bool):
        return False
    return bool(found == value)


def _each(found: Any) -> Sequence[Any]:
    """Of a list, any item may pass a test."""
    return found if isinstance(found, list) else (found,)


def _compare(found: Any, value: Any, test: Callable[[Any, Any], bool]) -> bool:
    """Values of different types are in no order; booleans are no numbers."""
    if isinstance(value, str):
        wanted = _comparable(value)
        return any(test(_comparable(x), wanted) for x in _each(found) if isinstance(x, str))
    if isinstance(value, bool):
        return any(test(x, value) for x in _each(found) if isinstance(x, bool))
    if not isinstance(value, int | float):
        return False
    return any(
        test(x, value)
        for x in _each(found)
        if isinstance(x, int | float) and not isinstance(x, bool)
    )


_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _comparable(text: str) -> str:
    """Times compare as times, however they are written."""
    if _DAY.match(text):
        try:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
        except (ValueError, OverflowError):
            return text
    return text


# Value under the order's key, or `UNSORTED`; creation; our key.
Rank = tuple[Sortable, datetime, int]


def ranker(order: str | None) -> Callable[[Run], Rank]:
    """What `in_order` goes by, for one key; see `select`.

    Raises:
        BadInput: No run has such a key.
    """
    if not order:
        return lambda run: (UNSORTED, run.created_at, run.pk)
    if len(order) > MAX_PATH:
        raise BadInput(f"an order names one key, of at most {MAX_PATH:,} characters")
    read = reader(order.lstrip("+-"))
    down = is_descending(order)
    return lambda run: (sortable(read(run), down), run.created_at, run.pk)


def in_order(ranks: Mapping[int, Rank], order: str | None) -> list[int]:
    """Keys by rank; what has no value comes last in both directions, equals oldest first."""
    by_age = sorted(ranks.items(), key=lambda item: item[1][1:])
    keyed = [item for item in by_age if item[1][0] != UNSORTED]
    keyed.sort(key=lambda item: item[1][0], reverse=is_descending(order))
    return [pk for pk, _ in keyed] + [pk for pk, rank in by_age if rank[0] == UNSORTED]


def is_descending(order: str | None) -> bool:
    """Whether the greatest comes first."""
    return (order or "").startswith("-")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def key_of(rank: Rank) -> Key:
    """A run's place in such an order: has it no value, what it is sorted by, its age, our key."""
    found, created_at, pk = rank
    return (int(found == UNSORTED), *found, (created_at - _EPOCH) // _MICROSECOND, pk)


def directions(order: str | None) -> tuple[bool, ...]:
    """Which parts of `key_of` come greatest first."""
    down = is_descending(order)
    return (False, down, down, False, False)


def check_place(place: Key) -> None:
    """Raise BadInput when a place is none that `key_of` names."""
    if not (
        len(place) == 5
        and all(type(place[i]) is int for i in (0, 3, 4))
        and is_sortable(place[1], place[2])
    ):
        raise BadInput("expected a cursor of an earlier page of these runs, in the same order")


def sort(runs: Sequence[Run], order: str | None) -> list[Run]:
    """Runs by one key; see `select`."""
    rank, by_pk = ranker(order), {run.pk: run for run in runs}
    return [by_pk[pk] for pk in in_order({run.pk: rank(run) for run in runs}, order)]
