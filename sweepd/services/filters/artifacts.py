"""Find and order collections and versions: the client's filters over what artifacts have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sweepd.domain.artifacts import Artifact, Collection, Membership
from sweepd.domain.errors import BadInput
from sweepd.services.filters.mongo import compile_filter

T = TypeVar("T")
SEVERAL = ("tags", "aliases", "tag", "alias")  # fields that are lists
_ALL = ("{}", "null")
Version = tuple[Membership, Artifact]
Fields = Mapping[str, Callable[[T], Any]]

COLLECTION_FIELDS: Fields[Collection] = {
    "id": lambda found: found.pk,
    "name": lambda found: found.name,
    "type": lambda found: found.type_name,
    "description": lambda found: found.description,
    "tags": lambda found: list(found.tags),
    "created_at": lambda found: iso(found.created_at),
    "updated_at": lambda found: iso(found.updated_at),
}
VERSION_FIELDS: Fields[Version] = {
    "id": lambda found: found[1].pk,
    "version": lambda found: found[0].version,
    "state": lambda found: str(found[1].state),
    "digest": lambda found: found[1].digest,
    "description": lambda found: found[1].description,
    "tags": lambda found: list(found[1].tags),
    "aliases": lambda found: list(found[0].aliases),
    "size": lambda found: found[1].size_bytes,
    "created_at": lambda found: iso(found[1].created_at),
    "updated_at": lambda found: iso(found[1].updated_at),
}
_ALIASES = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "versionIndex": "version",
    "version_index": "version",
    "tag": "tags",
    "alias": "aliases",
}


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """What a filter and an order say.

    Attributes:
        test: Whether an item passes; None lets all pass.
        field: What the items are ordered by, one of the fields; None keeps the list's own order.
        descending: Whether the greatest comes first.
        read: How the value that is ordered by is read of an item, for what is no column.
    """

    test: Callable[[T], bool] | None
    field: str | None
    descending: bool
    read: Callable[[T], Any] | None

    @property
    def by(self) -> tuple[str, bool] | None:
        """The field to order by and whether the greatest comes first, as the store takes them."""
        return (self.field, self.descending) if self.field and self.read is None else None


def read_collections(filters: str | None, order: str | None) -> Wanted[Collection]:
    """Which collections, and in which order.

    Args:
        filters: JSON text of a filter over `COLLECTION_FIELDS`; None or empty lets all pass.
        order: A field with `+` (ascending, the default) or `-`; missing values come first, last
            with `-`.

    Raises:
        BadInput: The filter or order cannot be understood; the message says which part.
    """
    return read_fields(filters, order, COLLECTION_FIELDS, _ALIASES, "collections")


def read_versions(filters: str | None, order: str | None) -> Wanted[Version]:
    """Which versions, and in which order; see `read_collections`."""
    return read_fields(filters, order, VERSION_FIELDS, _ALIASES, "versions")


def read_fields(
    filters: str | None,
    order: str | None,
    fields: Fields[T],
    aliases: Mapping[str, str],
    what: str,
    others: Callable[[str], Callable[[T], Any] | None] = lambda _: None,
) -> Wanted[T]:
    """What a filter and an order say about items with certain fields; see `read_collections`.

    Args:
        aliases: Other names of the fields.
        what: What is selected, for messages.
        others: How a path that is none of the fields is read, where it can be.
    """

    def read(path: str) -> Callable[[T], Any]:
        name = aliases.get(path, path)
        found = fields.get(name) or others(path)
        if found is None:
            raise BadInput(f"{what} have no {path!r}; use one of {', '.join(fields)}")
        return found

    test = compile_filter(filters, read) if filters and filters.strip() not in _ALL else None
    if not order:
        return Wanted(test, None, False, None)
    path = order.lstrip("+-")
    by, name = read(path), aliases.get(path, path)
    if name in SEVERAL:
        raise BadInput(f"{what} cannot be ordered by {order!r}, of which each may have several")
    return Wanted(test, name, order[0] == "-", None if name in fields else by)


def iso(at: datetime) -> str:
    """A time as filters compare it."""
    return at.isoformat()
