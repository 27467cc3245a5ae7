"""What every client writes all the time stands in no index of the row that it changes: PostgreSQL
then keeps the row in its page, and no index grows by it."""

from typing import Any

import pytest
import sqlalchemy as sa

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.store import schema
from tests.unit.services.handing_out import beat, begin, given, make_sweep, register

POST = StreamPost(
    history=Lines(0, ['{"_step": 0, "loss": 2.0}']),
    events=Lines(0, ['{"system.cpu": 5}']),
    console=[Lines(0, ["a line"])],
    summary='{"loss": 2.0}',
)


def rows(parts: server.Parts, table: sa.Table) -> dict[str, Any]:
    """The one row there is."""
    with parts.core.db.read() as connection:
        return dict(connection.execute(sa.select(table)).mappings().one())


@pytest.mark.parametrize(
    ("name", "must"),
    [
        ("runs", {"heartbeat_at", "history_lines", "summary", "metric_last", "system_metrics"}),
        ("agents", {"heartbeat_at"}),
    ],
)
def test_posts_and_heartbeats_change_no_index(
    parts: server.Parts, ann: Caller, name: str, must: set[str]
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    run_id = given(parts, ann, agent)
    begin(parts, ann, run_id)
    beat(parts, ann, agent, run_id)
    table = schema.metadata.tables[name]
    before = rows(parts, table)
    parts.core.now.forward(5)  # type: ignore[attr-defined]
    parts.services.history.append(ann, "ann", "p", run_id, POST)
    beat(parts, ann, agent, run_id)
    after = rows(parts, table)
    changed = {column for column in before if after[column] != before[column]}
    assert must <= changed
    assert not changed & {column.name for index in table.indexes for column in index.columns}
