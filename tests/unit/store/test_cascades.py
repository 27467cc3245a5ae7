"""What hangs on a row goes before it, some at a time, and nothing else does."""

import pytest
import sqlalchemy as sa

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.store import schema
from sweepd.store.cascades import Owner, remove_some
from sweepd.store.database import Connection
from tests.unit.services.handing_out import log, make_sweep, register, work_off

pytestmark = pytest.mark.both_databases
AT_ONCE = 2


def counts(connection: Connection) -> dict[str, int]:
    """Rows of each table."""
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in schema.metadata.sorted_tables
    }


@pytest.mark.slow
@pytest.mark.parametrize("owner", ["runs", "sweeps", "projects"])
def test_what_hangs_on_a_row_goes_in_parts_and_the_row_then_goes_alone(
    parts: server.Parts, ann: Caller, bob: Caller, owner: Owner
) -> None:
    for caller in (ann, bob):
        sweep = make_sweep(parts, caller)
        for run_id in work_off(parts, caller, register(parts, caller, sweep)):
            for first in range(3):
                log(parts, caller, run_id, first, float(first))
        new = NewArtifact(caller.name, "p", None, "model", "m", "d")
        parts.services.artifacts.uploads.create(caller, new)
    table = schema.metadata.tables[owner]
    db = parts.core.db
    with db.read() as connection:
        first = sa.func.min(schema.sweeps.c.project_pk if owner == "projects" else table.c.id)
        pk = connection.execute(sa.select(first)).scalar_one()
        before = counts(connection)
    removed: list[int] = []
    while not removed or removed[-1] == AT_ONCE:
        removed.append(db.write(lambda c: remove_some(c, owner, [pk], AT_ONCE)))
    assert len(removed) > 1 and max(removed) <= AT_ONCE
    with db.read() as connection:
        along = counts(connection)
    assert along[owner] == before[owner] and sum(before.values()) - sum(along.values()) == sum(
        removed
    )
    db.write(lambda c: c.execute(sa.delete(table).where(table.c.id == pk)))
    with db.read() as connection:
        after = counts(connection)
    assert {name for name in after if after[name] != along[name]} == {owner}
    assert after[owner] == before[owner] - 1
    assert all(after[name] for name in ("chunks", "cells", "artifacts")), "the others' are there"
