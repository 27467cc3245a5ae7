"""Of a run what every post of its client looks at: few columns of two tables, for a whole run costs
more to read than what is written then."""

import sqlalchemy as sa

from sweepd.domain.runs import RunHead, RunState
from sweepd.store import schema
from sweepd.store.database import Connection
from sweepd.store.prepared import Prepared, Question

_runs = schema.runs.c
_FIELDS = RunHead._fields
_STATE = _FIELDS.index("state")
_BY_PATH_LOCKED = Prepared(
    sa.select(*(_runs["id" if n == "pk" else n] for n in _FIELDS))
    .select_from(schema.runs)
    .join(schema.projects, schema.projects.c.id == _runs.project_pk)
    .where(
        schema.projects.c.entity_pk == sa.bindparam("entity_key"),
        schema.projects.c.name == sa.bindparam("project_name"),
        _runs.run_id == sa.bindparam("run_name"),
        _runs.deleted_at.is_(None),
    )
    .with_for_update(of=schema.runs),
    of="runs",
)


def by_path(entity_pk: int, project: str, run_id: str) -> Question:
    """What `find_head` asks, to be read ahead."""
    key = {"entity_key": entity_pk, "project_name": project, "run_name": run_id}
    return Question(_BY_PATH_LOCKED, key)


def find_head(connection: Connection, entity_pk: int, project: str, run_id: str) -> RunHead | None:
    """Of a run that is not deleted, its row held to the end; None also for a project's old name."""
    prepared, key, _ = by_path(entity_pk, project, run_id)
    if (row := prepared.first(connection, key)) is None:
        return None
    state = RunState(row[_STATE])
    return RunHead._make((*row[:_STATE], state, *row[_STATE + 1 :]))
