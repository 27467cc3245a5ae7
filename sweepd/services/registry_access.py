"""Access checks of registries: by the caller's role in each, whose entity it is not."""

from sweepd.domain.errors import Forbidden, NotFound
from sweepd.domain.registries import Registry, Role, reaches, role_in
from sweepd.domain.users import Caller
from sweepd.store import registries
from sweepd.store.database import Connection


def role_of(connection: Connection, caller: Caller, registry: Registry) -> Role | None:
    """What the caller may do in a registry; None when it does not exist for them."""
    given = registries.list_roles(connection, caller.user_pk, registry.project.pk)
    return role_in(registry, given.get(registry.project.pk, ()), caller.is_admin)


def get_registry(
    connection: Connection,
    caller: Caller,
    entity: str,
    project: str,
    needed: Role,
    keep: bool = False,
) -> Registry:
    """A registry in which the caller has at least a role; it stays as it is to `keep` it.

    Raises:
        NotFound: None that they may see.
        Forbidden: They see it, but their role is not enough.
    """
    found = registries.find_registry_by_name(connection, entity, project, keep)
    role = role_of(connection, caller, found) if found else None
    if found is None or role is None:
        raise NotFound(
            f"no registry {entity}/{project}; you see {_seen(connection, caller)}: use one of "
            "them, ask an admin of another to add you, or make one with "
            "wandb.Api().create_registry(…)"
        )
    check_role(found, role, needed)
    return found


def _seen(connection: Connection, caller: Caller) -> str:
    """The registries the caller sees, by their projects' names."""
    given = registries.list_roles(connection, caller.user_pk)
    names = [
        found.project.name
        for found in registries.in_order(("name", False)).all(connection)
        if role_in(found, given.get(found.project.pk, ()), caller.is_admin)
    ]
    return ", ".join(names[:20]) or "none"


def get_registry_by_pk(connection: Connection, caller: Caller, pk: int, needed: Role) -> Registry:
    """As `get_registry`, by the project's key."""
    found = registries.find_registry(connection, pk)
    if found is None or role_of(connection, caller, found) is None:
        raise NotFound("no such registry; it may have been deleted")
    check_role(found, role_of(connection, caller, found), needed)
    return found


def check_role(registry: Registry, role: Role | None, needed: Role) -> None:
    """Raise Forbidden unless a role in a registry is enough."""
    if not reaches(role, needed):
        raise Forbidden(
            f"this takes the role {needed} in the registry {registry.name!r}, yours is {role}; "
            "ask one of its admins"
        )
