"""Lists read page by page: where a page begins, and what it holds.

A page begins behind an item, named by its key: what the list is sorted by, then what tells it from
all others. So whatever comes or goes between two pages, each item that stays comes exactly once.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")
Key = tuple[Any, ...]  # numbers, texts and None, as the list's order has them


@dataclass(frozen=True, slots=True)
class Start:
    """Behind which item a page begins.

    Attributes:
        key: The last item of the page before; None for the list's beginning.
        n_skipped: How many items to leave out there: what a client says whose cursors count.
    """

    key: Key | None = None
    n_skipped: int = 0

    @property
    def is_first(self) -> bool:
        """Whether nothing lies before the page."""
        return self.key is None and not self.n_skipped


BEGINNING = Start()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list, in its order."""

    items: Sequence[tuple[Key, T]]
    has_next: bool
    has_previous: bool
    count: Callable[[], int]  # of the whole list; may read it

    @property
    def values(self) -> list[T]:
        """The items without their keys."""
        return [item for _, item in self.items]

    def map(self, change: Callable[[T], U]) -> "Page[U]":
        """The same page of what each item becomes."""
        made = [(key, change(item)) for key, item in self.items]
        return Page(made, self.has_next, self.has_previous, self.count)


def whole(items: Sequence[T]) -> Page[T]:
    """A list that is always given at once."""
    return Page([((i,), item) for i, item in enumerate(items)], False, False, lambda: len(items))


def cut(
    items: Sequence[tuple[Key, T]], start: Start, first: int | None, count: Callable[[], int]
) -> Page[T]:
    """A page from its items and, where there is a next page, at least one item more.

    Args:
        first: How many items the page may have; None for all.
    """
    page = items if first is None else items[: max(0, first)]
    return Page(page, len(items) > len(page), not start.is_first, count)


class _Down:
    """A value that comes before the lesser ones."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "_Down") -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Down) and bool(self.value == other.value)

    __hash__ = None  # type: ignore[assignment]


def in_directions(key: Key, descending: Sequence[bool]) -> tuple[Any, ...]:
    """What compares as a list's order says, each part of the key in its own direction."""
    return tuple(_Down(part) if down else part for part, down in zip(key, descending, strict=True))


# What a value of any type is sorted by: its kind, and the value among its kind.
Sortable = tuple[int, int | float | str]
MISSING: Sortable = (-1, 0)
MAX_SORTED_CHARACTERS = 1000  # of a text; what follows orders nothing


def sortable(value: Any, descending: bool = False) -> Sortable:
    """What a value is ordered by, numbers before texts; `MISSING` for what has no order.

    Args:
        descending: The greatest is looked for: of a metric's several summaries its `max` counts.
    """
    if isinstance(value, dict) and value:
        value = _of_summaries(value, descending)
    if isinstance(value, bool):
        return (0, float(value))
    if isinstance(value, int) and abs(value) > 2**63:
        try:
            value = float(value)
        except OverflowError:
            value = math.copysign(math.inf, value)
    if isinstance(value, int | float):
        return MISSING if math.isnan(value) else (0, value)
    if isinstance(value, str):
        return (1, value[:MAX_SORTED_CHARACTERS])
    return MISSING


def _of_summaries(found: dict[str, Any], descending: bool) -> Any:
    """The number of a metric with `define_metric(summary="min,max")` that an order is about."""
    for name in ("max" if descending else "min", "best", "last", "mean", *found):
        value = found.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    return None


def is_sortable(kind: Any, value: Any) -> bool:
    """Whether two parts of a key could be what `sortable` made."""
    kinds: dict[Any, Any] = {-1: int, 0: int | float, 1: str}
    return (
        type(kind) is int
        and kind in kinds
        and not isinstance(value, bool)
        and isinstance(value, kinds[kind])
        and value == value
    )
