"""What happens and some automation asks about, written with the change itself."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from sweepd.domain.artifacts import CollectionKind
from sweepd.domain.automations import EventType, Happening
from sweepd.store import schema
from sweepd.store.database import Connection
from sweepd.store.prepared import Prepared, Question
from sweepd.store.statements import Keeps

_automations, _happenings = schema.automations.c, schema.happenings.c

# Asked at every change of a run's state: whether any automation, of whatever project, asks for it.
_ANY = Prepared(
    sa.select(_automations.id)
    .where(_automations.event == sa.bindparam("event"), _automations.enabled)
    .limit(1)
)
_OF_RUNS = Prepared(
    sa.select(
        *(
            sa.exists().where(_automations.event == str(event), _automations.enabled).label(event)
            for event in (EventType.RUN_STATE, EventType.SWEEP_BEST)
        )
    ),
    keeps=Keeps.ALL,
)


def asked_of_runs(connection: Connection) -> Sequence[bool]:
    """As `is_asked`, of a run's state and of a sweep's best: one question."""
    row: Sequence[bool] = _OF_RUNS.first(connection, {})
    return row


def of_runs() -> Question:
    """What `asked_of_runs` asks, to be read ahead."""
    return Question(_OF_RUNS, {})


def is_asked(connection: Connection, event: EventType) -> bool:
    """Whether any automation asks about such events; a few microseconds where none does."""
    return _ANY.first(connection, {"event": str(event)}) is not None


def happened(
    connection: Connection,
    event: EventType,
    project_pk: int,
    run_pk: int | None = None,
    sweep_pk: int | None = None,
    collection_pk: int | None = None,
    artifact_pk: int | None = None,
    **details: Any,
) -> None:
    """Keep what happened in this transaction, when an automation of that project asks about it."""
    if not is_asked(connection, event):
        return
    watched = sa.select(_automations.id).where(
        _automations.event == str(event),
        _automations.enabled,
        sa.or_(_automations.project_pk == project_pk, _automations.project_pk.is_(None)),
    )
    if connection.execute(watched.limit(1)).first() is None:
        return
    connection.execute(
        sa.insert(schema.happenings).values(
            event=str(event),
            project_pk=project_pk,
            run_pk=run_pk,
            sweep_pk=sweep_pk,
            collection_pk=collection_pk,
            artifact_pk=artifact_pk,
            details=json.dumps(details),
        )
    )


def of_version(
    connection: Connection,
    event: EventType,
    collection_pk: int,
    artifact_pk: int | None,
    **details: Any,
) -> None:
    """As `happened`, of a version in a collection, or (without one) of the collection.

    What is linked into a portfolio is created in the sequence it is born in, and never unlinked.
    """
    born = {EventType.LINK_ARTIFACT: EventType.CREATE_ARTIFACT, EventType.UNLINK_ARTIFACT: None}
    if not (is_asked(connection, event) or is_asked(connection, born.get(event) or event)):
        return
    homes = schema.collections.c
    row = connection.execute(
        sa.select(homes.project_pk, homes.kind).where(homes.id == collection_pk)
    ).first()
    if row is None:
        return
    named = born.get(event, event) if row.kind == CollectionKind.SEQUENCE else event
    if named is not None:
        happened(
            connection,
            named,
            row.project_pk,
            collection_pk=collection_pk,
            artifact_pk=artifact_pk,
            **details,
        )


def keep_place(
    connection: Connection,
    collection_pk: int,
    artifact_pk: int,
    aliases: Collection[str],
    version: int,
) -> None:
    """A version is about to leave a collection: what happened to it there, and was not looked at
    yet, is told by the names it had."""
    query = sa.select(_happenings.id, _happenings.details).where(
        _happenings.collection_pk == collection_pk, _happenings.artifact_pk == artifact_pk
    )
    for row in connection.execute(query).all():
        details = {"aliases": list(aliases), "version": version} | json.loads(row.details)
        connection.execute(
            sa.update(schema.happenings)
            .where(_happenings.id == row.id)
            .values(details=json.dumps(details))
        )


def alias_given(connection: Connection, collection_pk: int, membership_pk: int, alias: str) -> None:
    """A version is about to get an alias, unless it has it already."""
    if not is_asked(connection, EventType.ADD_ALIAS):
        return
    places, aliases = schema.memberships.c, schema.aliases.c
    held = sa.and_(aliases.membership_pk == places.id, aliases.alias == alias)
    query = sa.select(places.artifact_pk, aliases.id).outerjoin(schema.aliases, held)
    row = connection.execute(query.where(places.id == membership_pk)).first()
    if row is not None and row.id is None:
        of_version(connection, EventType.ADD_ALIAS, collection_pk, row.artifact_pk, alias=alias)


def tags_changed(
    connection: Connection,
    collection_pk: int,
    artifact_pk: int | None,
    before: Collection[str],
    after: Collection[str],
) -> None:
    """Tags of a version, or (without one) of a collection, are now others."""
    is_version = artifact_pk is not None
    added = EventType.ADD_TAG if is_version else EventType.ADD_COLLECTION_TAG
    removed = EventType.REMOVE_TAG if is_version else EventType.REMOVE_COLLECTION_TAG
    for event, tags in (
        (added, sorted(set(after) - set(before))),
        (removed, sorted(set(before) - set(after))),
    ):
        for tag in tags:
            of_version(connection, event, collection_pk, artifact_pk, tag=tag)


def list_happenings(connection: Connection, most: int) -> list[Happening]:
    """The oldest of what was not looked at."""
    query = sa.select(schema.happenings).order_by(_happenings.id).limit(most)
    return [
        Happening(
            pk=row.id,
            event=EventType(row.event),
            project_pk=row.project_pk,
            run_pk=row.run_pk,
            sweep_pk=row.sweep_pk,
            collection_pk=row.collection_pk,
            artifact_pk=row.artifact_pk,
            details=json.loads(row.details),
        )
        for row in connection.execute(query)
    ]


def delete_happenings(connection: Connection, pks: Sequence[int]) -> None:
    """Forget what was looked at."""
    connection.execute(sa.delete(schema.happenings).where(_happenings.id.in_(pks)))
