"""Pages of lists of which only some items are shown: those that pass a filter, or that the caller
may see. What the database can say, it says; the rest is asked of one batch of rows after another,
until a page is full."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sweepd.domain.paging import Key, Page, Start, cut, in_directions
from sweepd.services.core import Core
from sweepd.store.database import Connection
from sweepd.store.paging import Listing

T = TypeVar("T")
U = TypeVar("U")
MAX_NAMES = 500  # in one list of a query
BATCH = 200  # rows, at least, that are looked at together


def read_page(core: Core, listing: Listing[T], start: Start, first: int | None) -> Page[T]:
    """A page of a list, all of whose items are shown.

    Args:
        first: How many at most; None for all, less than 1 for none.

    Raises:
        BadInput: `start` is no place in this list.
    """
    limit = None if first is None else max(0, first) + 1  # one more tells whether there is a next

    def count() -> int:
        with core.db.read() as connection:
            return listing.count(connection)

    with core.db.read() as connection:
        return cut(listing.fetch(connection, start, limit), start, first, count)


def read_some(
    core: Core,
    listing: Listing[T],
    start: Start,
    first: int | None,
    keep: Callable[[Connection, T], U | None],
) -> Page[U]:
    """A page of the items that are shown; see `read_page`.

    Args:
        keep: What an item is shown as; None leaves it out.
    """

    def read(connection: Connection, start: Start, limit: int | None) -> list[tuple[Any, U]]:
        found: list[tuple[Any, U]] = []
        place, n_skipped = Start(start.key), start.n_skipped
        while limit is None or len(found) < limit:
            size = None if limit is None else max(BATCH, limit - len(found))
            batch = listing.fetch(connection, place, size)
            shown = [(k, made) for k, i in batch if (made := keep(connection, i)) is not None]
            found += shown[n_skipped:]
            n_skipped = max(0, n_skipped - len(shown))
            if size is None or len(batch) < size:
                break
            place = Start(batch[-1][0])
        return found

    def count() -> int:
        with core.db.read() as connection:
            return len(read(connection, Start(), None))

    with core.db.read() as connection:
        limit = None if first is None else max(0, first) + 1
        return cut(read(connection, start, limit), start, first, count)


def read_wanted(
    core: Core,
    listing: Listing[T],
    start: Start,
    first: int | None,
    test: Callable[[T], bool] | None,
) -> Page[T]:
    """A page of the items that pass a test, if there is one; see `read_page`."""
    if test is None:
        return read_page(core, listing, start, first)
    passes = test
    return read_some(core, listing, start, first, lambda _, item: item if passes(item) else None)


def page_sorted(
    items: Sequence[tuple[Key, T]],
    start: Start,
    first: int | None,
    check: Callable[[Key], None],
    descending: Sequence[bool],
) -> Page[T]:
    """A page of a list already in memory, sorted by its items' keys.

    Args:
        check: Raises BadInput for what is no key of this list.
        descending: Which parts of a key come greatest first.
    """

    def place(key: Key) -> tuple[Any, ...]:
        return in_directions(key, descending)

    ordered = sorted(items, key=lambda item: place(item[0]))
    begin = start.n_skipped
    if start.key is not None:
        check(start.key)
        begin += bisect_right(ordered, place(start.key), key=lambda item: place(item[0]))
    rest = ordered[begin : None if first is None else begin + max(0, first) + 1]
    return cut(rest, start, first, lambda: len(ordered))
