"""Access checks: every look-up from outside goes through here."""

from sweepd.domain.artifacts import Artifact, Collection, Membership
from sweepd.domain.errors import Forbidden, NotFound
from sweepd.domain.ids import check_project_name
from sweepd.domain.projects import DEFAULT_PROJECT, Project
from sweepd.domain.registries import Role, reaches
from sweepd.domain.runs import Run, RunHead
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.services import registry_access
from sweepd.services.core import Core
from sweepd.store import (
    artifact_collections,
    artifacts,
    deleted_projects,
    memberships,
    projects,
    registries,
    run_heads,
    runs,
    sweeps,
)
from sweepd.store.database import Connection

NO_SWEEP = "no such sweep; it may have been deleted"  # nor an agent of it: the two look alike


def entity_pk(caller: Caller, entity: str | None) -> int:
    """The key of an entity the caller belongs to; their own when none is named.

    Raises:
        NotFound: No such entity, or none of theirs: the two look alike.
    """
    name = entity or caller.default_entity
    if name not in caller.entities:
        raise NotFound(
            f"{caller.name} is not a member of an entity named {name!r}; "
            f"yours are: {', '.join(caller.entities)}"
        )
    return caller.entities[name]


def check_member(caller: Caller, entity: str) -> None:
    """Let only members of an entity see what is its own.

    Raises:
        NotFound: The caller is none: to them it does not exist.
    """
    if entity not in caller.entities:
        raise NotFound(NO_SWEEP)


def find_project(
    connection: Connection, caller: Caller, entity: str | None, project: str | None
) -> Project | None:
    """A project the caller may see, or None; a registry is one to whoever has a role in it."""
    name = entity or caller.default_entity
    if name not in caller.entities:
        registry = registries.find_registry_by_name(connection, name, project or DEFAULT_PROJECT)
        role = registry and registry_access.role_of(connection, caller, registry)
        return registry.project if registry and role else None
    return projects.find_project(connection, caller.entities[name], project or DEFAULT_PROJECT)


def get_project(
    connection: Connection, caller: Caller, entity: str | None, project: str | None
) -> Project:
    """A project the caller may see.

    Raises:
        NotFound: There is none.
    """
    found = find_project(connection, caller, entity, project)
    if found is None:
        raise NotFound(f"no project {entity or caller.default_entity}/{project or DEFAULT_PROJECT}")
    return found


def ensure_project(
    connection: Connection,
    caller: Caller,
    core: Core,
    entity: str | None,
    project: str | None,
    begins: bool = True,
) -> Project:
    """The project of that name, made when missing.

    Args:
        begins: False for what goes on in a project, which may have been deleted under it.

    Raises:
        NotFound: The caller does not belong to the entity; the project was deleted.
        BadInput: The name cannot be part of an address.
    """
    name = check_project_name(project or DEFAULT_PROJECT)
    pk = entity_pk(caller, entity)
    found = projects.find_project(connection, pk, name)
    if found is None and not begins and deleted_projects.was_deleted(connection, pk, name):
        raise NotFound(f"the project {entity or caller.default_entity}/{name} was deleted")
    return found or projects.get_or_create_project(connection, pk, name, core.now())


def get_run(
    connection: Connection, caller: Caller, entity: str | None, project: str | None, run_id: str
) -> Run:
    """A run the caller may see.

    Raises:
        NotFound: There is none.
    """
    owner = get_project(connection, caller, entity, project)
    run = runs.find_run(connection, owner.pk, run_id)
    if run is None:
        raise NotFound(f"no run {owner.entity}/{owner.name}/{run_id}")
    return run


def find_run(
    connection: Connection, caller: Caller, entity: str, project: str, run_id: str
) -> Run | None:
    """A run the caller may see, or None, its row held: one query, for what every client asks."""
    if entity not in caller.entities:
        return None
    return runs.find_run_by_path(connection, caller.entities[entity], project, run_id)


def find_head(
    connection: Connection, caller: Caller, entity: str, project: str, run_id: str
) -> RunHead | None:
    """Of a run the caller may see, its row held; None where `find_run` has to look."""
    if entity not in caller.entities:
        return None
    return run_heads.find_head(connection, caller.entities[entity], project, run_id)


def get_run_by_pk(
    connection: Connection, caller: Caller, pk: int, lock: bool = False, deleted: bool = False
) -> Run:
    """A run the caller may see, by our key; a deleted one only when that is asked for."""
    run = runs.find_run_by_pk(connection, pk, lock)
    is_hidden = run is None or (run.deleted_at is not None and not deleted)
    if run is None or is_hidden or run.entity not in caller.entities:
        raise NotFound("no such run")
    return run


def get_sweep(
    connection: Connection, caller: Caller, entity: str | None, project: str | None, sweep_id: str
) -> Sweep:
    """A sweep the caller may see.

    Raises:
        NotFound: There is none.
    """
    owner = get_project(connection, caller, entity, project)
    sweep = sweeps.find_sweep(connection, owner.pk, sweep_id)
    if sweep is None:
        raise NotFound(f"no sweep {owner.entity}/{owner.name}/{sweep_id}")
    return sweep


def get_sweep_by_pk(
    connection: Connection, caller: Caller, pk: int, lock: bool = False, deleted: bool = False
) -> Sweep:
    """A sweep the caller may see, by our key; a deleted one only when that is asked for."""
    sweep = sweeps.find_sweep_by_pk(connection, pk, lock)
    if sweep is None or (sweep.deleted_at is not None and not deleted):
        raise NotFound(NO_SWEEP)
    check_member(caller, sweep.entity)
    return sweep


def get_artifact(connection: Connection, caller: Caller, pk: int) -> Artifact:
    """A version the caller may see: their entities', or linked to one or a registry of theirs.

    Raises:
        NotFound: There is none.
    """
    artifact = artifacts.find_artifact(connection, pk)
    if artifact is None or not may_see(connection, caller, artifact):
        raise NotFound("no such artifact; it may have been deleted")
    return artifact


def may_see(connection: Connection, caller: Caller, artifact: Artifact) -> bool:
    """Whether a version is of an entity of the caller's, or linked to a collection of one."""
    if _is_own(connection, caller, artifact):
        return True
    if not caller.entities.keys().isdisjoint(artifacts.list_entities(connection, artifact.pk)):
        return True
    holding = registries.list_registries_holding(connection, artifact.pk)
    return any(registry_access.role_of(connection, caller, registry) for registry in holding)


def get_own_artifact(connection: Connection, caller: Caller, pk: int) -> Artifact:
    """A version the caller may change: one that was logged to an entity of theirs.

    Raises:
        NotFound: There is none that they may see.
        Forbidden: They see it through a link only.
    """
    artifact = get_artifact(connection, caller, pk)
    if not _is_own(connection, caller, artifact):
        raise Forbidden(
            "this version is another entity's, linked here; only its own members change or link it"
        )
    return artifact


def _is_own(connection: Connection, caller: Caller, artifact: Artifact) -> bool:
    home = artifact_collections.find_collection_by_pk(connection, artifact.collection_pk)
    return home is not None and home.entity in caller.entities


def list_projects(connection: Connection, caller: Caller) -> list[Project]:
    """Every project the caller may see."""
    return projects.list_projects(connection, caller.entities.values())


def find_role(connection: Connection, caller: Caller, collection: Collection) -> Role | None:
    """What the caller may do with a collection: all with their entities', else by its registry."""
    if collection.entity in caller.entities:
        return Role.ADMIN
    registry = registries.find_registry(connection, collection.project_pk)
    return registry_access.role_of(connection, caller, registry) if registry else None


def may_see_collection(connection: Connection, caller: Caller, pk: int) -> bool:
    """Whether a collection is the caller's, or in a registry they see."""
    found = artifact_collections.find_collection_by_pk(connection, pk)
    return found is not None and find_role(connection, caller, found) is not None


def get_collection(
    connection: Connection, caller: Caller, pk: int, needed: Role = Role.VIEWER
) -> Collection:
    """A collection by our key.

    Raises:
        NotFound: None that the caller may see.
        Forbidden: It is in a registry where their role is not enough.
    """
    found = artifact_collections.find_collection_by_pk(connection, pk)
    role = find_role(connection, caller, found) if found else None
    if found is None or role is None:
        raise NotFound("no such collection; it may have been deleted")
    if not reaches(role, needed):
        registry = registries.get_registry(connection, found.project_pk)
        registry_access.check_role(registry, role, needed)
    return found


def list_places(
    connection: Connection, caller: Caller, artifact: Artifact
) -> list[tuple[Collection, Membership]]:
    """Every place of a version that the caller sees, the collection it was born in first."""
    places = memberships.list_memberships(connection, artifact_pk=artifact.pk)[::-1]
    found = [
        (home, place)
        for place in places
        if (home := artifact_collections.find_collection_by_pk(connection, place.collection_pk))
        and find_role(connection, caller, home)
    ]
    return sorted(found, key=lambda pair: pair[0].pk != artifact.collection_pk)
