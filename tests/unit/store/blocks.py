"""One entity with some of everything that the tables hold, to be laid beside others like it."""

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from sweepd.domain.artifacts import Artifact, ArtifactState, CollectionKind, Entry
from sweepd.domain.automations import EventType
from sweepd.domain.registries import Role
from sweepd.domain.runs import Run, RunState
from sweepd.domain.sweeps import Cell, CellOrigin, CellState, EventKind
from sweepd.store import (
    agents,
    artifact_collections,
    artifacts,
    automations,
    cells,
    deleted_projects,
    deliveries,
    happenings,
    history,
    manifests,
    memberships,
    notices,
    objectives,
    prior_runs,
    projects,
    registries,
    run_files,
    schema,
    sessions,
    sweep_events,
    users,
    views,
    writers,
)
from sweepd.store.automations import Mark
from sweepd.store.history import Stream
from sweepd.store.measuring import StoredBlob
from sweepd.store.segments import GATHERED, Kept, Waiting, read_waiting, take_place_of_chunks
from sweepd.store.writers import Place
from tests.unit.store.world import START, World, at


@dataclass(frozen=True)
class Block:
    """Keys of what an entity has; `mark` tells it from the others."""

    mark: str
    user: int
    entity: int
    project: int
    second: int
    deleted_project: int
    registry: int
    sweep: int
    earlier: int
    agent: int
    cell: Cell
    run: Run
    live: Run
    fork: Run
    gone: Run
    home: int
    portfolio: int
    version: Artifact
    newest: Artifact
    pending: Artifact
    place: int
    linked: int
    file: int
    blob: str
    view: int
    key: int
    integration: int
    automation: int
    delivery: int


def fill(world: World, mark: str) -> Block:
    """An entity named by the mark, its user, and of each table one row or more."""
    c = world.connection
    user, entity = world.user(mark)
    made: dict[str, Any] = {"mark": mark, "user": user, "entity": entity}
    project = made["project"] = world.project("p", entity)
    projects.describe_project(c, project, mark)
    made["second"] = world.project("second", entity)
    for name in ("run", "gone", "live"):
        world.run(name, project_pk=made["second"])
    _people(world, made)
    _runs(world, made)
    _lines(world, made)
    _artifacts(world, made)
    _automations(world, made)
    made["view"] = views.insert_view(c, project, user, "k", "v", START)
    notices.append_alert(c, made["run"].pk, "title", "", "INFO", START, 0)
    notices.upsert_chart(c, entity, "chart", "", mark)
    trash = world.project("trash", entity)
    world.run("in the trash", project_pk=trash)
    deleted_projects.delete_project(c, projects.get_project_by_pk(c, trash), mark, START)
    return Block(**made, deleted_project=trash)


def _people(world: World, made: dict[str, Any]) -> None:
    c, mark, user = world.connection, made["mark"], made["user"]
    made["key"] = users.create_key(c, user, f"key of {mark}", "b", "h", mark, START)
    sessions.create_session(c, f"session of {mark}", user, made["key"], START, at(9))
    sessions.create_session(c, f"keyless of {mark}", user, None, START, at(9))
    sessions.create_link(c, f"link of {mark}", user, START, at(9))
    users.get_or_create_secret(c, f"secret of {mark}", mark)
    organization = registries.find_organization(c)
    home = organization.pk if organization else registries.create_organization(c, "org", START)
    assert home is not None
    rules = {"is_restricted": True, "takes_all_types": False, "type_names": [mark]}
    made["registry"] = registries.create_registry(c, home, f"registry of {mark}", rules, START)
    registries.set_user_role(c, made["registry"], user, Role.ADMIN)
    team = users.create_entity(c, f"team of {mark}", "team", START)
    users.add_member(c, team, user, "member")
    registries.set_team_role(c, made["registry"], team, Role.ADMIN)


def _runs(world: World, made: dict[str, Any]) -> None:
    c, project, user = world.connection, made["project"], made["user"]
    sweep = world.sweep("s", project_pk=project, user_pk=user, n_cells=3, metric_name="loss")
    earlier = world.sweep("earlier", project_pk=project)
    made |= {"sweep": sweep.pk, "earlier": earlier.pk}
    agent = agents.create_agent(c, sweep, "agent", made["mark"], user, START).pk
    found = {}
    for state in CellState:
        origin = CellOrigin.PRIOR if state is CellState.DONE else CellOrigin.SEARCH
        found[state] = cells.reserve_new_cell(c, sweep.pk, state.value, "{}", state, origin)
    cell = found[CellState.RESERVED]
    assert cell is not None
    own = {"project_pk": project, "sweep_pk": sweep.pk, "user_pk": user, "agent_pk": agent}
    mine = {**own, "cell_pk": cell.pk, "history_lines": 12, "events_lines": 12}
    metric = {"metric_last": 1.0, "metric_min": 0.5, "metric_max": 2.0}
    run = world.run("run", 1, **mine, **metric, ended_at=at(3), display_name=made["mark"])
    stopping = {"state": RunState.RUNNING, "stop_requested": True, "heartbeat_at": START}
    live = world.run("live", 2, **own, **stopping, metric_last=3.0)
    gone = world.run("gone", 3, **own, deleted_at=at(4), updated_at=at(4), ended_at=at(3))
    forked = {"parent_pk": run.pk, "inherited_lines": 5, "sweep_pk": earlier.pk}
    fork = world.run("fork", 4, project_pk=project, **forked, history_lines=7, ended_at=at(5))
    prior_runs.add_prior_run(c, {"sweep_pk": sweep.pk, "run_pk": fork.pk, "metric_last": 4.0})
    for kind in (EventKind.CREATED, EventKind.WARNING):
        sweep_events.append_event(c, sweep.pk, START, "who", kind, "what")
    for n in (1, 2):
        value = {"run_pk": run.pk, "sweep_pk": sweep.pk, "n": n, "step": n, "value": 1.0 / n}
        objectives.append_values(c, [{**value, "best": 1.0 / n, "at": n}])
    made |= {"agent": agent, "cell": cell, "run": run, "live": live, "fork": fork, "gone": gone}


def _lines(world: World, made: dict[str, Any]) -> None:
    c, run = world.connection, made["run"].pk
    for stream in Stream:
        for first in range(0, 12, 3):
            lines = [f'{{"of": "{made["mark"]}", "n": {first + i}}}' for i in range(3)]
            history.append_lines(c, run, stream, first, lines, first, (first, first + 2))
    for stream in GATHERED:
        waiting = read_waiting(c, run, stream, 1, 4, 2)
        assert isinstance(waiting, Waiting)
        kept = Kept(waiting.n_lines, 0, 5, made["mark"] * 64, None)
        assert take_place_of_chunks(c, run, stream, waiting, [kept])
    writers.set_sent(c, run, "client", Stream.HISTORY, 3)
    writers.set_place(c, run, "client", Place(0, 3, 2))


def _artifacts(world: World, made: dict[str, Any]) -> None:
    c, mark, project = world.connection, made["mark"], made["project"]
    made["blob"] = mark * 64
    blob = StoredBlob(made["blob"], 5, f"md5 of {mark}", f"xxh of {mark}")
    run_files.record_blob(c, blob, START)
    run_files.record_blob(c, replace(blob, hash=f"idle{mark}"), START)
    run_files.upsert_file(c, made["run"].pk, "file", blob, mark, START)
    file = sa.select(schema.run_files.c.id).where(schema.run_files.c.run_pk == made["run"].pk)
    made["file"] = c.execute(file).scalar_one()
    home = made["home"] = world.collection("home", project, client_id=f"home of {mark}")
    portfolio = world.collection("portfolio", project, kind=CollectionKind.PORTFOLIO)
    own = {"project_pk": project, "run_pk": made["run"].pk, "size_bytes": 5, "n_files": 1}
    first = {**own, "version": 0, "digest": "same", "client_id": f"version of {mark}", "ttl_s": 1}
    version = world.version(home, 1, **first)
    newest = world.version(home, 2, **own, version=1, digest="new", metadata=f'"{mark}"')
    pending = {"state": ArtifactState.PENDING, "distributed_id": "many", "pending_aliases": mark}
    values = {"project_pk": project, "collection_pk": home, "digest": "d", "created_at": START}
    made["pending"] = artifacts.create_artifact(c, {**values, **pending, "updated_at": START})
    deleted = {"state": ArtifactState.DELETED}
    left = world.version(home, 3, **own, version=2)
    for one in (version, newest, left, made["pending"]):
        entry = Entry("path", f"md5 of {mark}", 5, None, made["blob"], one.pk)
        manifests.upsert_entries(c, one.pk, [entry, replace(entry, path="other")])
    artifacts.update_artifact(c, left.pk, deleted)
    artifacts.add_client_id(c, newest.pk, f"also {mark}")
    artifacts.record_use(c, made["live"].pk, version.pk, "input", START)
    artifacts.record_output(c, made["live"].pk, newest.pk)
    linked = memberships.add_membership(c, portfolio, version.pk, START)
    found = memberships.list_memberships(c, collection_pk=home, artifact_pk=newest.pk)
    memberships.set_alias(c, home, found[0].pk, "latest")
    memberships.set_alias(c, portfolio, linked, "best")
    elsewhere = artifact_collections.create_collection(
        c,
        {
            "project_pk": made["registry"],
            "kind": CollectionKind.PORTFOLIO,
            "type_name": f"type of {mark}",
            "name": "linked",
            "created_at": START,
            "updated_at": START,
        },
    )
    memberships.add_membership(c, elsewhere.pk, version.pk, START)
    made |= {"portfolio": portfolio, "version": version, "newest": newest}
    made |= {"place": found[0].pk, "linked": linked}


def _automations(world: World, made: dict[str, Any]) -> None:
    c, entity, project = world.connection, made["entity"], made["project"]
    integration = made["integration"] = world.integration("receiver", entity)
    own = {"entity_pk": entity, "project_pk": project, "integration_pk": integration}
    automation = world.automation("told", EventType.ADD_TAG, **own)
    made["automation"] = automation.pk
    automations.set_marks(c, automation.pk, [Mark(made["live"].pk, 2, False, (1.0,))])
    assert deliveries.create_delivery(c, automation, "k", made["mark"], START)
    listed = deliveries.list_deliveries(c, [automation.pk], 9)
    made["delivery"] = listed[0].pk
    happenings.of_version(c, EventType.ADD_TAG, made["home"], made["newest"].pk, tag="t")


def remove(world: World, block: Block) -> None:
    """Take away all that an entity has, as if it had never been."""
    c = world.connection
    tables = schema.metadata.tables
    for table, keys in (
        ("projects", (block.registry, block.deleted_project)),
        ("entities", (block.entity,)),
        ("users", (block.user,)),
    ):
        c.execute(sa.delete(tables[table]).where(tables[table].c.id.in_(keys)))
    for name, column, value in (
        ("entities", "name", f"team of {block.mark}"),
        ("secrets", "name", f"secret of {block.mark}"),
        ("blobs", "hash", block.blob),
        ("blobs", "hash", f"idle{block.mark}"),
        ("automation_events", "project_pk", block.project),
    ):
        c.execute(sa.delete(tables[name]).where(tables[name].c[column] == value))
