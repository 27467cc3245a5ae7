"""Registries, their collections and versions, found by filters and in an order asked for."""

from collections.abc import Sequence
from typing import Any

from sweepd.domain.artifacts import Artifact, Collection, Membership
from sweepd.domain.errors import BadInput
from sweepd.domain.paging import BEGINNING, Key, Page, Start, is_sortable, sortable
from sweepd.domain.registries import Registry, role_in
from sweepd.domain.users import Caller
from sweepd.services.core import Core
from sweepd.services.filters import registries as registry_filters
from sweepd.services.paging import page_sorted, read_some, read_wanted
from sweepd.store import artifact_collections, memberships, registries
from sweepd.store.database import Connection


class RegistrySearch:
    """What a caller finds among the registries they see."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def page(
        self,
        caller: Caller,
        filters: str | None = None,
        order: str | None = None,
        start: Start = BEGINNING,
        first: int | None = None,
    ) -> Page[Registry]:
        """A page of the registries the caller sees, newest first unless told otherwise.

        Raises:
            BadInput: The filter or order cannot be read; see `registry_filters`.
        """
        wanted = registry_filters.read_registries(filters, order)
        with self._core.db.read() as connection:
            given = registries.list_roles(connection, caller.user_pk)

        def test(found: Registry) -> bool:
            roles = given.get(found.project.pk, ())
            is_seen = role_in(found, roles, caller.is_admin) is not None
            return is_seen and (wanted.test is None or wanted.test(found))

        return read_wanted(self._core, registries.in_order(wanted.by), start, first, test)

    def list_all(
        self, caller: Caller, filters: str | None = None, order: str | None = None
    ) -> list[Registry]:
        """Every such registry; see `page`."""
        return self.page(caller, filters, order).values

    def search_collections(
        self,
        caller: Caller,
        registry_filters_text: str | None,
        filters: str | None = None,
        order: str | None = None,
        kinds: Sequence[str] = (),
        start: Start = BEGINNING,
        first: int | None = None,
    ) -> Page[Collection]:
        """A page of the collections of the registries that the caller sees and a filter names.

        Args:
            kinds: Only collections of these; empty for all.
        """
        wanted = registry_filters.read_collections(filters, order)
        pks = [found.project.pk for found in self.list_all(caller, registry_filters_text)]

        def test(found: Collection) -> bool:
            is_of_kind = not kinds or str(found.kind).upper() in kinds
            return is_of_kind and (wanted.test is None or wanted.test(found))

        listing = artifact_collections.in_projects(pks, None, wanted.by)
        return read_wanted(self._core, listing, start, first, test)

    def search_versions(
        self,
        caller: Caller,
        registry_filters_text: str | None,
        collection_filters: str | None = None,
        filters: str | None = None,
        order: str | None = None,
        start: Start = BEGINNING,
        first: int | None = None,
    ) -> Page[Membership]:
        """A page of the versions linked to such registries, the last linked first."""
        wanted = registry_filters.read_versions(filters, order)
        pks = [found.project.pk for found in self.list_all(caller, registry_filters_text)]
        is_within = registry_filters.read_collections(collection_filters).test
        homes: dict[int, bool] = {}

        def keep(connection: Connection, found: tuple[Membership, Artifact]) -> Any:
            pk = found[0].collection_pk
            if is_within is not None and pk not in homes:
                home = artifact_collections.find_collection_by_pk(connection, pk)
                homes[pk] = home is not None and is_within(home)
            passes = homes.get(pk, True) and (wanted.test is None or wanted.test(found))
            return found if passes else None

        listing = memberships.versions_in(wanted.by, project_pks=pks)
        if wanted.read is None:
            return read_some(self._core, listing, start, first, keep).map(lambda pair: pair[0])
        # Metadata is text to the database, in no order: these few are sorted here.
        every = read_some(self._core, listing, BEGINNING, None, keep).values
        if any(isinstance(wanted.read(pair), list | dict) for pair in every):
            raise BadInput(f"versions cannot be ordered by {order!r}, which is no single value")
        down = wanted.descending
        ranked = [((*sortable(wanted.read(pair), down), pair[0].pk), pair[0]) for pair in every]
        return page_sorted(ranked, start, first, _check_rank, (down, down, True))


def _check_rank(key: Key) -> None:
    if len(key) != 3 or not is_sortable(key[0], key[1]) or type(key[2]) is not int:
        raise BadInput("expected a cursor of an earlier page of these versions, in the same order")
