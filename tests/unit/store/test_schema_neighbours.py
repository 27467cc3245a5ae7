"""What lies beside a thing changes nothing: not what is read of it, not what a change of it does.

Three entities alike lie side by side, with some of every table. Whatever is asked of the middle one
is answered the same once the others are gone; so it is when the middle one is gone itself. Whatever
is changed in the middle one leaves every row of the others as it was.
"""

from typing import Any

import pytest
import sqlalchemy as sa

from sweepd.domain.errors import Gone
from sweepd.store import schema
from sweepd.store.database import Connection
from tests.unit.store.blocks import Block, fill, remove
from tests.unit.store.changes import CHANGES
from tests.unit.store.reads import READS, Step
from tests.unit.store.world import World

# Of such nothing can be said of a thing that is not there.
NEEDING = {"objectives.at", "collections.next_version"}


def answer(c: Connection, read: Step, block: Block) -> Any:
    try:
        return read(c, block)
    except (Gone, sa.exc.NoResultFound, TypeError) as error:
        return type(error)


def answers(c: Connection, block: Block) -> dict[str, Any]:
    return {name: answer(c, read, block) for name, read in READS.items()}


def three(world: World) -> tuple[Block, Block, Block]:
    return fill(world, "c"), fill(world, "d"), fill(world, "e")


@pytest.mark.slow
@pytest.mark.both_databases
def test_what_is_read_of_a_thing_is_the_same_without_its_neighbours(world: World) -> None:
    before, block, after = three(world)
    beside = answers(world.connection, block)
    assert [name for name, found in beside.items() if not found] == [], "each tells something"
    assert [name for name, found in beside.items() if isinstance(found, type)] == []
    remove(world, before)
    remove(world, after)
    alone = answers(world.connection, block)
    assert {name: found for name, found in alone.items() if found != beside[name]} == {}


@pytest.mark.slow
@pytest.mark.both_databases
def test_nothing_is_read_of_a_thing_that_is_gone_though_others_are_like_it(world: World) -> None:
    before, block, after = three(world)
    remove(world, block)
    beside = answers(world.connection, block)
    remove(world, before)
    remove(world, after)
    alone = answers(world.connection, block)
    assert {name: found for name, found in beside.items() if found != alone[name]} == {}
    told = {name for name, found in beside.items() if isinstance(found, type)}
    assert told >= NEEDING, "which raise"


def rows(c: Connection) -> set[tuple[Any, ...]]:
    """Every row of every table."""
    return {
        (table.name, *row)
        for table in schema.metadata.sorted_tables
        for row in c.execute(sa.text(f"SELECT * FROM {table.name}"))
    }


@pytest.mark.slow
def test_a_change_of_a_thing_leaves_its_neighbours_as_they_were(world: World) -> None:
    c = world.connection
    fill(world, "c")
    first = rows(c)
    block = fill(world, "d")
    both = rows(c)
    fill(world, "e")
    every = rows(c)
    others = first | (every - both)
    faults = {}
    for name, change in CHANGES.items():
        with c.begin_nested() as savepoint:
            change(c, block)
            now = rows(c)
            savepoint.rollback()
        if others - now or now == every:
            faults[name] = sorted(map(repr, others - now))[:2] or "nothing was changed"
    assert faults == {}
