"""Search in registries: the client's filters over registries, their collections and versions."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sweepd.domain.artifacts import Artifact, Collection, Membership
from sweepd.domain.ids import number_in
from sweepd.domain.registries import Registry
from sweepd.services.filters.artifacts import Wanted, iso, read_fields

T = TypeVar("T")
Version = tuple[Membership, Artifact]
Fields = Mapping[str, Callable[[T], Any]]

REGISTRY_FIELDS: Fields[Registry] = {
    "id": lambda found: found.project.pk,
    "name": lambda found: found.project.name,
    "entity_id": lambda found: found.project.entity_pk,
    "description": lambda found: found.project.description,
    "created_at": lambda found: iso(found.project.created_at),
    "updated_at": lambda found: iso(found.updated_at),
}
COLLECTION_FIELDS: Fields[Collection] = {
    "id": lambda found: found.pk,
    "name": lambda found: found.name,
    "tag": lambda found: list(found.tags),
    "type": lambda found: found.type_name,
    "description": lambda found: found.description,
    "created_at": lambda found: iso(found.created_at),
    "updated_at": lambda found: iso(found.updated_at),
}
VERSION_FIELDS: Fields[Version] = {
    "id": lambda found: found[1].pk,
    "version": lambda found: found[0].version,
    "tag": lambda found: list(found[1].tags),
    "alias": lambda found: list(found[0].aliases),
    "created_at": lambda found: iso(found[1].created_at),
    "updated_at": lambda found: iso(found[1].updated_at),
    "linked_at": lambda found: iso(found[0].created_at),
    "artifact_size": lambda found: found[1].size_bytes,
}
_ALIASES = {
    "project_id": "id",
    "artifact_collection_id": "id",
    "collection_id": "id",
    "artifact_id": "id",
    "tags": "tag",
    "aliases": "alias",
    "version_index": "version",
    "collection_name": "name",
    "artifact_collection_name": "name",
    "artifact_created_at": "created_at",
    "acm_created_at": "linked_at",
}


def read_registries(filters: str | None, order: str | None = None) -> Wanted[Registry]:
    """Which registries, and in which order.

    Args:
        filters: JSON text of a filter over `REGISTRY_FIELDS`; None or an empty object: all.
        order: One of these fields, `-` before it for descending; None keeps the order given.

    Raises:
        BadInput: The filter or order cannot be understood; the message says which part.
    """
    return _read(filters, order, REGISTRY_FIELDS, "registries")


def read_collections(filters: str | None, order: str | None = None) -> Wanted[Collection]:
    """Which collections, by `COLLECTION_FIELDS`; see `read_registries`."""
    return _read(filters, order, COLLECTION_FIELDS, "collections of registries")


def read_versions(filters: str | None, order: str | None = None) -> Wanted[Version]:
    """Which versions, by `VERSION_FIELDS` and `metadata.KEY`; see `read_registries`."""

    def metadata(path: str) -> Callable[[Version], Any] | None:
        head, _, rest = path.partition(".")
        if head not in ("metadata", "artifact_metadata"):
            return None
        return lambda item: _metadata(item, rest)

    return _read(filters, order, VERSION_FIELDS, "versions in registries", metadata)


def _read(
    filters: str | None,
    order: str | None,
    fields: Fields[T],
    what: str,
    others: Callable[[str], Callable[[T], Any] | None] = lambda _: None,
) -> Wanted[T]:
    return read_fields(_with_numbers(filters), order, fields, _ALIASES, what, others)


def _metadata(found: Any, path: str) -> Any:
    """A version's metadata, or what lies at a dotted path in it; None for nothing."""
    value = json.loads(found[1].metadata)
    for part in path.split(".") if path else ():
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _with_numbers(filters: str | None) -> str | None:
    """The same filter with versions as numbers, where it says "v3"."""
    if not filters or "version" not in filters:
        return filters
    try:
        return json.dumps(_numbered(json.loads(filters), False))
    except (ValueError, RecursionError):
        return filters  # what is wrong with it is told by who reads it


def _numbered(tree: Any, is_version: bool) -> Any:
    if isinstance(tree, dict):
        return {
            key: _numbered(
                value, key in ("version", "version_index") or (is_version and key.startswith("$"))
            )
            for key, value in tree.items()
        }
    if isinstance(tree, list):
        return [_numbered(item, is_version) for item in tree]
    is_name = is_version and isinstance(tree, str) and tree[:1] == "v"
    number = number_in(tree[1:]) if is_name else None
    return tree if number is None else number
