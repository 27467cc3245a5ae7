"""Find and order collections and versions: the client's filters over what artifacts have."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sweepd.domain.artifacts import Artifact, Collection, Membership
from sweepd.domain.errors import BadInput
from sweepd.services.filters.mongo import compile_filter, sortable

T = TypeVar("T")
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


def select_collections(
    found: Sequence[Collection], filters: str | None, order: str | None
) -> list[Collection]:
    """The collections that pass a filter, in the order asked for.

    Args:
        filters: JSON text of a filter; None or an empty object lets all pass.
        order: A field with `+` (ascending, the default) or `-`; None keeps the order given.

    Raises:
        BadInput: The filter or order cannot be understood; the message says which part.
    """
    return _select(found, filters, order, COLLECTION_FIELDS, "collections")


def select_versions(
    found: Sequence[Version], filters: str | None, order: str | None
) -> list[Version]:
    """The versions that pass a filter, in the order asked for; see `select_collections`."""
    return _select(found, filters, order, VERSION_FIELDS, "versions")


def _select(
    found: Sequence[T], filters: str | None, order: str | None, fields: Fields[T], what: str
) -> list[T]:
    def read(path: str) -> Callable[[T], Any]:
        name = _ALIASES.get(path, path)
        if name not in fields:
            raise BadInput(f"{what} have no {path!r}; use one of {', '.join(fields)}")
        return fields[name]

    if order and order.lstrip("+-") in ("tags", "aliases", "tag", "alias"):
        raise BadInput(f"{what} cannot be ordered by {order!r}, of which each may have several")
    return select(found, filters, order, read, what)


def select(
    found: Sequence[T],
    filters: str | None,
    order: str | None,
    read: Callable[[str], Callable[[T], Any]],
    what: str,
) -> list[T]:
    """What passes a filter, in the order asked for; missing values come first, last with `-`.

    Args:
        read: From a path in the filter, or the order's name, to how it is read of an item.
        what: What is selected, for messages.

    Raises:
        BadInput: As `select_collections`.
    """
    test = compile_filter(filters, read)
    passed = [item for item in found if test(item)]
    if not order:
        return passed
    key = read(order.lstrip("+-"))
    if any(isinstance(key(item), list | dict) for item in passed):
        raise BadInput(f"{what} cannot be ordered by {order!r}, which is no single value")

    def place(item: T) -> tuple[int, Any]:
        return sortable(key(item)) or (-1, 0)

    return sorted(passed, key=place, reverse=order[0] == "-")


def iso(at: datetime) -> str:
    """A time as filters compare it."""
    return at.isoformat()
