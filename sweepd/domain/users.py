"""Who asks: a user, the entities they belong to, and the keys that prove it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user. Only the entities in `entities` exist for the caller."""

    user_pk: int
    name: str
    email: str
    is_admin: bool
    entities: dict[str, int]  # name -> primary key; the user's own first

    @property
    def default_entity(self) -> str:
        """The entity that bears the user's name; a service account's is its team."""
        return self.name if self.name in self.entities else next(iter(self.entities), self.name)


@dataclass(frozen=True, slots=True)
class User:
    """A user as listed for administrators."""

    pk: int
    name: str
    email: str
    is_admin: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A user as a member of an entity."""

    user_pk: int
    name: str
    email: str
    role: str  # owner: looks after the entity; member
    is_service: bool  # a user for machines, without an entity of its own


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key without its secret, which is shown once and never stored."""

    pk: int
    user_pk: int
    begins: str  # its first characters; empty of older keys
    hint: str  # its last four characters
    description: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Team:
    """An entity that several people share."""

    name: str
    members: tuple[str, ...]  # names, sorted
