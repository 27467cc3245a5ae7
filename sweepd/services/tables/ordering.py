"""Rows of a table in an order: what `filters.mongo` says of runs, with a key for each place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweepd.domain.paging import MISSING as UNSORTED
from sweepd.domain.paging import Key, Sortable, Start, in_directions, sortable
from sweepd.later import np, npt
from sweepd.services.filters import mongo
from sweepd.services.filters.runs import ALIASES, reader
from sweepd.services.tables.column import EXACT, Coded, Numbers, Rows
from sweepd.services.tables.selecting import Fetch, Mask, time_of, time_text
from sweepd.services.tables.table import Table
from sweepd.services.tables.values import Times, groups_of


@dataclass(frozen=True)
class Selected:
    """Rows in an order, and what each is ordered by.

    Attributes:
        kinds: By place, the kind of `sortable`.
        numbers: By place, the number, the time in microseconds, or the rank among `values`.
    """

    table: Table
    rows: Rows
    kinds: npt.NDArray[np.int8]
    numbers: npt.NDArray[np.float64]
    are_whole: Mask
    values: Any  # by place, what is no float: texts and wide numbers
    order: str | None

    def key(self, place: int) -> Key:
        """The key of what stands at a place; see `mongo.key_of`."""
        row = self.rows[place]
        at = time_of(int(self.table.times["created_at"][row]))
        return mongo.key_of((self._sortable(place), at, int(self.table.pks[row])))

    def _sortable(self, place: int) -> Sortable:
        kind = int(self.kinds[place])
        if kind < 0:
            return UNSORTED
        value = self.values[place] if self.values is not None else None
        if value is None:
            number = float(self.numbers[place])
            if kind == 1:
                return kind, time_text(int(number))
            value = int(number) if self.are_whole[place] else number
        return kind, value

    def page(self, start: Start, limit: int | None) -> list[tuple[Key, int]]:
        """Keys, and our keys, of up to `limit` runs from a place on.

        Raises:
            BadInput: It is no place in this order.
        """
        first = start.n_skipped
        if start.key is not None:
            mongo.check_place(start.key)
            down = mongo.directions(self.order)
            first += bisect_right(
                range(len(self.rows)),
                in_directions(start.key, down),
                key=lambda place: in_directions(self.key(place), down),
            )
        last = len(self.rows) if limit is None else min(first + limit, len(self.rows))
        pks = self.table.pks
        return [(self.key(place), int(pks[self.rows[place]])) for place in range(first, last)]


def ordered(table: Table, rows: Rows, order: str | None, fetch: Fetch) -> Selected:
    """Rows in an order; see `mongo.select`.

    Raises:
        BadInput: No run has such a key.
    """
    mongo.ranker(order)  # tells what is wrong with it
    n_room = len(table.pks)
    kinds, numbers = np.full(n_room, -1, np.int8), np.zeros(n_room)
    are_whole, values = np.zeros(n_room, np.bool_), None
    if order:
        values = _fill(table, rows, order, fetch, kinds, numbers, are_whole)
    down = -1 if mongo.is_descending(order) else 1
    own, pks, created = kinds[rows], table.pks[rows], table.times["created_at"][rows]
    sorting = np.lexsort((pks, created, down * numbers[rows], down * own, own < 0))
    rows = rows[sorting]
    if values is not None:
        values = {place: values[row] for place, row in enumerate(rows.tolist()) if row in values}
    return Selected(
        table, rows, kinds[rows], numbers[rows], are_whole[rows], _ByPlace.of(values), order
    )


class _ByPlace:
    """Values of some places, None at the others."""

    def __init__(self, found: Mapping[int, Any]) -> None:
        self._found = found

    @classmethod
    def of(cls, found: Mapping[int, Any] | None) -> _ByPlace | None:
        return cls(found) if found else None

    def __getitem__(self, place: int) -> Any:
        return self._found.get(place)


def _fill(
    table: Table,
    rows: Rows,
    order: str,
    fetch: Fetch,
    kinds: npt.NDArray[np.int8],
    numbers: npt.NDArray[np.float64],
    are_whole: Mask,
) -> dict[int, Any] | None:
    """Set what rows are ordered by; what is no float is returned by row, its rank in `numbers`."""
    path, down = order.lstrip("+-"), mongo.is_descending(order)
    others: dict[int, Sortable] = {}
    name = ALIASES.get(path, path)
    if name in ("entity", "project"):
        found = fetch(table.pks[rows[:1]].tolist())
        value = [sortable(reader(path)(run), down) for run in found.values()]
        others = dict.fromkeys(rows.tolist(), value[0]) if value else {}
    else:
        for group in groups_of(table, path, rows):
            if isinstance(group, Numbers):
                is_number = ~np.isnan(group.values)
                own = group.rows[is_number]
                kinds[own], numbers[own] = 0, group.values[is_number]
                are_whole[own] = group.are_whole[is_number]
            elif isinstance(group, Times):
                kinds[group.rows], numbers[group.rows] = 1, group.values
            elif isinstance(group, Coded):
                ranks = [sortable(value, down) for value in group.values]
                others.update(
                    (row, ranks[code])
                    for row, code in zip(group.rows.tolist(), group.codes.tolist(), strict=True)
                    if ranks[code] != UNSORTED
                )
            else:
                by_pk, read = {int(table.pks[row]): int(row) for row in group.rows}, reader(path)
                for pk, run in fetch(list(by_pk)).items() if by_pk else ():
                    if (rank := sortable(read(run), down)) != UNSORTED:
                        others[by_pk[pk]] = rank
    if any(type(value) is int and abs(value) > EXACT for _, value in others.values()):
        for row in rows[kinds[rows] == 0].tolist():  # floats no longer tell them apart
            number = float(numbers[row])
            others[row] = (0, int(number) if are_whole[row] else number)
    return _rank(others, kinds, numbers) if others else None


def _rank(
    others: dict[int, Sortable], kinds: npt.NDArray[np.int8], numbers: npt.NDArray[np.float64]
) -> dict[int, Any]:
    is_wide = any(type(value) is int and abs(value) > EXACT for _, value in others.values())
    different = sorted(found for found in set(others.values()) if is_wide or found[0] == 1)
    rank_of = {found: rank for rank, found in enumerate(different)}
    for row, found in others.items():
        kinds[row], numbers[row] = found[0], rank_of.get(found, found[1])
    return {row: value for row, (_, value) in others.items()}
