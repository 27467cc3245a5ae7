"""The configs of a sweep which have been handed out, or wait to be."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from sweepd.domain.errors import Gone
from sweepd.domain.sweeps import Cell, CellOrigin, CellState
from sweepd.store import schema
from sweepd.store.database import Connection, insert_into
from sweepd.store.prepared import Prepared, Question
from sweepd.store.statements import Keeps

_cells = schema.cells.c
MAX_VALUES = 500  # in one statement

# Made once: every hand-out goes through these.
_BY_PK = Prepared(
    sa.select(schema.cells).where(_cells.id == sa.bindparam("cell_key")),
    of="cells",
    keeps=Keeps.ALL,
)
_OF_KEY = (_cells.sweep_pk == sa.bindparam("sweep_key"), _cells.key == sa.bindparam("config_key"))
_BY_KEY = Prepared(sa.select(schema.cells).where(*_OF_KEY), of="cells")
_NEXT_QUEUED = Prepared(
    sa.select(schema.cells)
    .where(
        _cells.sweep_pk == sa.bindparam("sweep_key"),
        _cells.state == sa.literal_column(f"'{CellState.QUEUED}'"),
    )
    .order_by(_cells.id)
    .limit(sa.literal_column("1")),
    of="cells",
    keeps=Keeps.NOTHING,
)
_UPDATE = Prepared(sa.update(schema.cells).where(_cells.id == sa.bindparam("cell_key")), of="cells")


@cache
def _reserve(dialect: str) -> Prepared:
    table = schema.cells
    # No change of a cell is about one that is new, nor is any answer but that nothing is queued.
    added = insert_into(dialect, table).on_conflict_do_nothing().returning(table)
    return Prepared(added, is_apart=True)


def reserve_new_cell(
    connection: Connection,
    sweep_pk: int,
    key: str,
    config: str,
    state: CellState = CellState.RESERVED,
    origin: CellOrigin = CellOrigin.SEARCH,
    run_id: str | None = None,
) -> Cell | None:
    """Take a config for the first time; None when the sweep already has it."""
    row = _reserve(connection.dialect.name).first(
        connection,
        {
            "sweep_pk": sweep_pk,
            "key": key,
            "state": state,
            "config": config,
            "origin": origin,
            "run_id": run_id,
            "n_attempts": 1 if state is CellState.RESERVED else 0,
        },
    )
    _note_queued(connection, sweep_pk, state)
    return _cell(row) if row else None


def _note_queued(connection: Connection, sweep_pk: int, state: CellState | None) -> None:
    """Where writes share a transaction, one may have seen that nothing was queued."""
    if state is CellState.QUEUED:
        _NEXT_QUEUED.anew(connection, {"sweep_key": sweep_pk})


def find_keys(connection: Connection, sweep_pk: int, keys: Sequence[str]) -> set[str]:
    """Which of these configs the sweep has."""
    found: set[str] = set()
    for first in range(0, len(keys), MAX_VALUES):
        query = sa.select(_cells.key).where(
            _cells.sweep_pk == sweep_pk, _cells.key.in_(keys[first : first + MAX_VALUES])
        )
        found |= set(connection.scalars(query))
    return found


def queue_new_cells(connection: Connection, sweep_pk: int, configs: Mapping[str, str]) -> int:
    """Queue configs by key, as JSON; says how many the sweep did not have."""
    rows = [
        {
            "sweep_pk": sweep_pk,
            "key": key,
            "state": CellState.QUEUED,
            "config": config,
            "origin": "search",
            "n_attempts": 0,
        }
        for key, config in configs.items()
    ]
    n_new = 0
    for first in range(0, len(rows), MAX_VALUES):
        table = insert_into(connection.dialect.name, schema.cells)
        some = table.values(rows[first : first + MAX_VALUES]).on_conflict_do_nothing()
        n_new += len(connection.execute(some.returning(_cells.id)).all())
    return n_new


def next_queued_cell(connection: Connection, sweep_pk: int) -> Cell | None:
    """The queued cell that has waited longest."""
    prepared, key, _ = next_queued(sweep_pk)
    row = prepared.first(connection, key)
    return _cell(row) if row else None


def next_queued(sweep_pk: int) -> Question:
    """What `next_queued_cell` asks, to be read ahead."""
    return Question(_NEXT_QUEUED, {"sweep_key": sweep_pk})


def list_over_cap(connection: Connection, sweep_pk: int, n_over: int) -> list[Cell]:
    """The newest queued cells that were never handed out, at most `n_over` of them."""
    query = (
        sa.select(schema.cells)
        .where(
            _cells.sweep_pk == sweep_pk,
            _cells.state == CellState.QUEUED,
            _cells.n_attempts == 0,
        )
        .order_by(_cells.id.desc())
        .limit(n_over)
    )
    return [_cell(row) for row in connection.execute(query)]


def find_cell(connection: Connection, pk: int) -> Cell | None:
    """A cell by our key."""
    prepared, key, _ = by_pk(pk)
    row = prepared.first(connection, key)
    return _cell(row) if row else None


def by_pk(pk: int) -> Question:
    """What `find_cell` asks, to be read ahead."""
    return Question(_BY_PK, {"cell_key": pk})


def get_cell(connection: Connection, pk: int | None) -> Cell:
    """As `find_cell`, of a cell that must be there.

    Raises:
        Gone: It is not.
    """
    if pk is None or (cell := find_cell(connection, pk)) is None:
        raise Gone("the run's config was deleted")
    return cell


def find_cell_by_key(connection: Connection, sweep_pk: int, key: str) -> Cell | None:
    """A cell by the content of its config."""
    row = _BY_KEY.first(connection, {"sweep_key": sweep_pk, "config_key": key})
    return _cell(row) if row else None


def update_cell(connection: Connection, cell: Cell, values: dict[str, Any]) -> None:
    """Change columns of a cell by name."""
    _UPDATE.all(connection, {**values, "cell_key": cell.pk})
    _note_queued(connection, cell.sweep_pk, values.get("state"))


def repeat_key(key: str, number: int) -> str:
    """A key for a config that repeats another on purpose."""
    return f"{key}.{number}"


def free_key(connection: Connection, sweep_pk: int, key: str, number: int) -> str:
    """The key, or the first of `repeat_key` from `number` on, that no cell of the sweep has."""
    free = key
    while find_cell_by_key(connection, sweep_pk, free) is not None:
        free, number = repeat_key(key, number), number + 1
    return free


def list_from_outside(connection: Connection, sweep_pk: int) -> list[Cell]:
    """The cells of attached runs and of configs queued by hand, oldest first."""
    query = sa.select(schema.cells).where(_cells.sweep_pk == sweep_pk, _cells.origin != "search")
    return [_cell(row) for row in connection.execute(query.order_by(_cells.id))]


def count_distinct(connection: Connection, sweep_pk: int) -> int:
    """How many different configs a sweep has taken."""
    query = sa.select(sa.func.count()).where(
        _cells.sweep_pk == sweep_pk, _cells.key.not_like("%.%")
    )
    return int(connection.execute(query).scalar_one())


def list_cells(
    connection: Connection, sweep_pk: int, states: Iterable[CellState] | None = None
) -> list[Cell]:
    """A sweep's cells, oldest first."""
    query = sa.select(schema.cells).where(_cells.sweep_pk == sweep_pk).order_by(_cells.id)
    if states is not None:
        query = query.where(_cells.state.in_(list(states)))
    return [_cell(row) for row in connection.execute(query)]


def list_keys(connection: Connection, sweep_pk: int) -> set[str]:
    """The keys of every config a sweep has taken."""
    query = sa.select(_cells.key).where(_cells.sweep_pk == sweep_pk)
    return {str(key) for key in connection.execute(query).scalars()}


def _cell(row: sa.Row[Any]) -> Cell:
    return Cell(
        pk=row.id,
        sweep_pk=row.sweep_pk,
        key=row.key,
        state=CellState(row.state),
        config=row.config,
        n_attempts=row.n_attempts,
        n_lost=row.n_lost,
        origin=CellOrigin(row.origin),
        run_id=row.run_id,
    )
