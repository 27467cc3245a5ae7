"""Registries: the organisation's shared collections of artifacts, and roles in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sweepd.domain.errors import BadInput
from sweepd.domain.ids import check_project_name
from sweepd.domain.projects import Project

PREFIX = "wandb-registry-"  # of the project that a registry is
MAX_TYPE_LENGTH = 128


class Role(StrEnum):
    """What somebody may do in a registry, in the client's words; lowest first."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"


_RANKS = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Organization:
    """The one organisation of a server: an entity that owns registries and nothing else."""

    pk: int
    name: str


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry; everything but its rules is in its project."""

    project: Project
    is_restricted: bool
    takes_all_types: bool
    type_names: tuple[str, ...]  # declared; all that are taken unless `takes_all_types`
    updated_at: datetime

    @property
    def name(self) -> str:
        """As people say it, without the prefix."""
        return self.project.name.removeprefix(PREFIX)

    def takes(self, type_name: str) -> bool:
        """Whether artifacts of a type may be linked."""
        return self.takes_all_types or type_name in self.type_names


@dataclass(frozen=True, slots=True)
class RoleOf:
    """A user's or a team's role in a registry, as given to them by name."""

    pk: int
    name: str
    email: str  # empty for a team
    role: Role


def role_in(registry: Registry, given: Iterable[Role], is_administrator: bool) -> Role | None:
    """What somebody may do in a registry; None when it does not exist for them.

    Args:
        given: Roles given to them and to their teams.
        is_administrator: Whether they look after this server.
    """
    highest = max(given, key=_RANKS.__getitem__, default=None)
    if registry.is_restricted:
        return highest
    return Role.ADMIN if is_administrator else highest or Role.MEMBER


def reaches(role: Role | None, needed: Role) -> bool:
    """Whether a role is enough."""
    return role is not None and _RANKS[role] >= _RANKS[needed]


def read_role(text: str) -> Role:
    """A role by its name.

    Raises:
        BadInput: No such role here.
    """
    try:
        return Role(text)
    except ValueError as error:
        known = ", ".join(Role)
        raise BadInput(f"a role in a registry is one of {known}; got {text[:80]!r}") from error


def check_registry_name(name: str) -> str:
    """Return the project's name, or raise BadInput when it is none of a registry."""
    if not name.startswith(PREFIX) or name == PREFIX:
        raise BadInput(
            f"the organisation's projects are registries, named {PREFIX}NAME; got {name!r:.200}"
        )
    return check_project_name(name)


def check_type_name(name: str) -> str:
    """Return the artifact type, or raise BadInput."""
    if not name or len(name) > MAX_TYPE_LENGTH or "/" in name or ":" in name:
        raise BadInput(
            f"an artifact type has 1 to {MAX_TYPE_LENGTH} characters, none of / or :; "
            f"got {name!r:.200}"
        )
    return name
