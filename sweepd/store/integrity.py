"""Whether a database is whole: its pages, its references, and the counts that it keeps."""

from dataclasses import dataclass

import sqlalchemy as sa

from sweepd.domain.artifacts import ArtifactState
from sweepd.domain.sweeps import CellState
from sweepd.store import run_files, schema
from sweepd.store.database import Connection
from sweepd.store.faults import reason

_STREAMS = {"history_lines": 0, "events_lines": 1}
_LEFT_OUT = (CellState.CANCELED, CellState.DROPPED)


@dataclass(frozen=True, slots=True)
class WrongCount:
    """A count that is not what it counts."""

    table: str
    pk: int
    column: str
    found: int
    right: int
    name: str  # of the thing, as its users know it

    def __str__(self) -> str:
        return f"{self.table} {self.name}: {self.column} is {self.found}, should be {self.right}"


def check_pages(connection: Connection) -> list[str]:
    """What SQLite's own checks find wrong; PostgreSQL checks its pages by itself."""
    if connection.dialect.name != "sqlite":
        return []
    try:
        found = [str(row[0]) for row in connection.execute(sa.text("PRAGMA integrity_check(20)"))]
        broken = connection.execute(sa.text("PRAGMA foreign_key_check")).fetchall()
    except (sa.exc.DatabaseError, UnicodeError) as error:  # it quotes the bytes it finds
        return [f"the database is damaged: {reason(error)}"]
    faults = [f"the database is damaged: {line}" for line in found if line != "ok"]
    return faults + [
        f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is gone" for row in broken[:20]
    ]


def list_unrecorded(connection: Connection) -> list[str]:
    """Bytes that files or versions refer to without a record of them."""
    found: set[str] = set()
    for column in run_files.HOLDERS:
        query = sa.select(column).distinct().where(column.is_not(None), column != "")
        query = query.where(~sa.exists().where(schema.blobs.c.hash == column))
        found |= set(connection.execute(query).scalars())
    return sorted(found)


def list_holders(connection: Connection, name: str, limit: int = 3) -> list[str]:
    """What refers to a blob, as its users know it: "ann/mnist/run: model.h5"."""
    projects, entities = schema.projects.c, schema.entities.c
    of_runs = (
        sa.select(entities.name, projects.name, schema.runs.c.run_id, schema.run_files.c.path)
        .select_from(schema.run_files)
        .join(schema.runs, schema.runs.c.id == schema.run_files.c.run_pk)
        .join(schema.projects, projects.id == schema.runs.c.project_pk)
        .join(schema.entities, entities.id == projects.entity_pk)
        .where(schema.run_files.c.blob == name)
    )
    versions = (
        sa.select(
            entities.name,
            projects.name,
            schema.collections.c.name,
            schema.artifacts.c.version,
            schema.entries.c.path,
        )
        .select_from(schema.artifacts)
        .join(schema.collections, schema.collections.c.id == schema.artifacts.c.collection_pk)
        .join(schema.projects, projects.id == schema.artifacts.c.project_pk)
        .join(schema.entities, entities.id == projects.entity_pk)
        .outerjoin(
            schema.entries,
            sa.and_(
                schema.entries.c.artifact_pk == schema.artifacts.c.id,
                schema.entries.c.blob == name,
            ),
        )
        .where((schema.entries.c.blob == name) | (schema.artifacts.c.manifest_blob == name))
    )
    found = [
        f"{entity}/{project}/{run}: {path}"
        for entity, project, run, path in connection.execute(of_runs.limit(limit))
    ]
    found += [
        f"{entity}/{project}/{collection}:v{version}: {path or 'its manifest'}"
        for entity, project, collection, version, path in connection.execute(versions.limit(limit))
    ]
    histories = (
        sa.select(entities.name, projects.name, schema.runs.c.run_id)
        .select_from(schema.segments)
        .join(schema.runs, schema.runs.c.id == schema.segments.c.run_pk)
        .join(schema.projects, projects.id == schema.runs.c.project_pk)
        .join(schema.entities, entities.id == projects.entity_pk)
        .where(schema.segments.c.blob == name)
    )
    found += [
        f"{entity}/{project}/{run}: lines of its history"
        for entity, project, run in connection.execute(histories.limit(limit))
    ]
    return found[:limit]


def list_wrong_counts(connection: Connection) -> list[WrongCount]:
    """The counts of lines, of configs and of artifacts' files that are wrong."""
    return [*_lines(connection), *_configs(connection), *_entries(connection)]


def set_count(connection: Connection, wrong: WrongCount) -> None:
    """Put a count right."""
    table = schema.metadata.tables[wrong.table]
    connection.execute(
        sa.update(table).where(table.c.id == wrong.pk).values({wrong.column: wrong.right})
    )


def _ends(stream: int) -> sa.Subquery:
    """Where the lines of each run end, gathered ones and newer ones."""
    parts = [
        sa.select(table.c.run_pk, (table.c.first_line + table.c.n_lines).label("n")).where(
            table.c.stream == stream
        )
        for table in (schema.chunks, schema.segments)
    ]
    both = sa.union_all(*parts).subquery()
    return (
        sa.select(both.c.run_pk, sa.func.max(both.c.n).label("n"))
        .group_by(both.c.run_pk)
        .subquery()
    )


def _lines(connection: Connection) -> list[WrongCount]:
    """Lines that are there and not counted would not be shown; those counted and lost stay so."""
    runs, found = schema.runs.c, []
    for column, stream in _STREAMS.items():
        ends = _ends(stream)
        query = (
            sa.select(runs.id, runs.run_id, runs[column], ends.c.n)
            .join(ends, ends.c.run_pk == runs.id)
            .where(runs[column] < ends.c.n)
        )
        found += [
            WrongCount("runs", pk, column, int(counted), int(n), name)
            for pk, name, counted, n in connection.execute(query)
        ]
    return found


def list_lost_lines(connection: Connection) -> list[str]:
    """Runs whose history or events end before the lines that were counted."""
    runs, found = schema.runs.c, []
    for column, stream in _STREAMS.items():
        ends = _ends(stream)
        inherited = runs.inherited_lines if stream == 0 else sa.literal(0)
        query = (
            sa.select(runs.run_id, runs[column], ends.c.n, inherited)
            .outerjoin(ends, ends.c.run_pk == runs.id)
            .where(runs[column] > sa.func.coalesce(ends.c.n, 0), runs[column] > inherited)
        )
        found += [
            f"run {name}: {column} is {n}, the lines end at {max(last or 0, own)}"
            for name, n, last, own in connection.execute(query)
        ]
    return found


def _configs(connection: Connection) -> list[WrongCount]:
    sweeps, cells = schema.sweeps.c, schema.cells.c
    is_open = cells.state.in_((CellState.QUEUED, CellState.RESERVED))
    taken = sa.func.count(cells.id).filter(cells.state.not_in(_LEFT_OUT))
    query = (
        sa.select(
            sweeps.id,
            sweeps.sweep_id,
            sweeps.n_cells,
            sweeps.n_open,
            taken,
            sa.func.count(cells.id).filter(is_open),
        )
        .outerjoin(schema.cells, cells.sweep_pk == sweeps.id)
        .group_by(sweeps.id)
    )
    found = []
    for pk, name, n_cells, n_open, all_taken, all_open in connection.execute(query):
        for column, counted, right in (
            ("n_cells", n_cells, all_taken),
            ("n_open", n_open, all_open),
        ):
            if counted != right:
                found.append(WrongCount("sweeps", pk, column, int(counted), int(right), name))
    return found


def _entries(connection: Connection) -> list[WrongCount]:
    artifacts, entries = schema.artifacts.c, schema.entries.c
    query = (
        sa.select(
            artifacts.id,
            schema.collections.c.name,
            artifacts.version,
            artifacts.n_files,
            artifacts.size_bytes,
            sa.func.count(entries.path),
            sa.func.coalesce(sa.func.sum(entries.size_bytes), 0),
        )
        .join(schema.collections, schema.collections.c.id == artifacts.collection_pk)
        .outerjoin(schema.entries, entries.artifact_pk == artifacts.id)
        .where(artifacts.state == ArtifactState.COMMITTED)
        .group_by(artifacts.id, schema.collections.c.name)
    )
    found = []
    for pk, name, version, n_files, size_bytes, n, total in connection.execute(query):
        for column, counted, right in (
            ("n_files", n_files, n),
            ("size_bytes", size_bytes, total),
        ):
            if counted != right:
                named = f"{name}:v{version}"
                found.append(WrongCount("artifacts", pk, column, int(counted), int(right), named))
    return found
