"""Workspaces and reports of a project: one spec is kept, the client's, and pages use the same.

Members of the entity read and change them all, but a user's own workspace (named after them) only
that user changes.
"""

import secrets
from dataclasses import dataclass

from sweepd.domain.encoding import clean
from sweepd.domain.errors import BadInput, Forbidden, Gone, NotFound, TooLarge
from sweepd.domain.nesting import load
from sweepd.domain.paging import Page, Start
from sweepd.domain.projects import Project
from sweepd.domain.users import Caller
from sweepd.domain.views import MAX_SPEC_BYTES, View, ViewTitle, check_kind, check_name, owner_of
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.paging import read_page
from sweepd.store import views
from sweepd.store.database import Connection

MAX_TITLE, MAX_DESCRIPTION = 500, 100_000  # characters


@dataclass(frozen=True)
class ViewChange:
    """What is written of a view; None leaves it as it is."""

    kind: str | None = None
    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    spec: str | None = None


class Views:
    """Keeps workspaces and reports."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self, caller: Caller, pk: int) -> View:
        """A view by our key.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return _get(connection, caller, pk)

    def find(self, project: Project, kind: str, name: str) -> View | None:
        """A view of a project the caller may see, by its name."""
        with self._core.db.read() as connection:
            return views.find_view_by_name(connection, project.pk, kind, name)

    def page(
        self,
        project: Project,
        start: Start,
        first: int | None,
        kind: str | None = None,
        name: str | None = None,
        user_name: str | None = None,
    ) -> Page[View]:
        """A page of a project's views, the newest first; see `store.views.of_project`."""
        listing = views.of_project(project.pk, kind, name, user_name)
        return read_page(self._core, listing, start, first)

    def titles(self, project: Project, kind: str, most: int) -> list[ViewTitle]:
        """A project's views of a kind without their specs, the last changed first."""
        with self._core.db.read() as connection:
            return views.list_titles(connection, project.pk, kind, most)

    def save(
        self,
        caller: Caller,
        entity: str | None,
        project: str | None,
        change: ViewChange,
        pk: int | None = None,
    ) -> tuple[View, bool]:
        """Write a view: the one of that key, else the one of that kind and name, made when missing.

        Returns:
            The view, and whether it was made.

        Raises:
            NotFound: None of that key, or no such entity, that the caller may see.
            Forbidden: Another user's own workspace.
            BadInput: A kind, name or spec that cannot be one.
            TooLarge: The spec is.
        """
        values = checked(change)
        kind = None if change.kind is None and pk is not None else check_kind(change.kind)
        if change.name and pk is None:
            check_name(change.name)

        def write(connection: Connection) -> tuple[View, bool]:
            at = self._core.now()
            if pk is not None:
                old, made = _get(connection, caller, pk), False
                _check_owner(caller, old.kind, old.name)
                if kind is not None and kind != old.kind:
                    _check_free(connection, old, kind)
                    values["kind"] = kind
            else:
                old, made = self._place(connection, caller, entity, project, kind or "", change)
            views.update_view(connection, old.pk, at, **values)
            return _get(connection, caller, old.pk), made

        return self._core.db.write(write)

    def _place(
        self,
        connection: Connection,
        caller: Caller,
        entity: str | None,
        project: str | None,
        kind: str,
        change: ViewChange,
    ) -> tuple[View, bool]:
        owner = access.ensure_project(connection, caller, self._core, entity, project)
        name = change.name or secrets.token_hex(6)
        _check_owner(caller, kind, name)
        made = views.insert_view(connection, owner.pk, caller.user_pk, kind, name, self._core.now())
        found = views.find_view_by_name(connection, owner.pk, kind, name)
        if found is None:
            raise Gone("the view was deleted as it was made; send this again")
        return found, made is not None

    def delete(self, caller: Caller, pk: int) -> bool:
        """Remove a view; False when somebody else just did.

        Raises:
            NotFound: None that the caller may see.
            Forbidden: Another user's own workspace.
        """

        def delete(connection: Connection) -> bool:
            old = _get(connection, caller, pk)
            _check_owner(caller, old.kind, old.name)
            return views.delete_view(connection, pk)

        return self._core.db.write(delete)


def _get(connection: Connection, caller: Caller, pk: int) -> View:
    found = views.find_view(connection, pk)
    if found is None or found.entity not in caller.entities:
        raise NotFound("no such workspace or report; it may have been deleted")
    return found


def _check_owner(caller: Caller, kind: str, name: str) -> None:
    owner = owner_of(kind, name)
    if owner not in (None, caller.name):
        raise Forbidden(f"this is {owner}'s own workspace; save it as a new view to change it")


def _check_free(connection: Connection, old: View, kind: str) -> None:
    if views.find_view_by_name(connection, old.project_pk, kind, old.name):
        raise BadInput(f"there is another view of type {kind!r} named {old.name!r}")


def checked(change: ViewChange) -> dict[str, str]:
    """What is stored of a change; texts are cut.

    Raises:
        BadInput, TooLarge: The spec is none, or too large.
    """
    values = {}
    if change.display_name is not None:
        values["display_name"] = clean(change.display_name)[:MAX_TITLE]
    if change.description is not None:
        values["description"] = clean(change.description)[:MAX_DESCRIPTION]
    if change.spec is not None:
        values["spec"] = _checked_spec(change.spec)
    return values


def _checked_spec(text: str) -> str:
    text = clean(text)
    if (size := len(text.encode())) > MAX_SPEC_BYTES:
        raise TooLarge(f"a view's spec may have {MAX_SPEC_BYTES:,} bytes; got {size:,}")
    try:
        found = load(text, "a view's spec")
    except ValueError as error:
        raise BadInput(f"a view's spec should be JSON: {error}; got {text[:80]!r}") from error
    if not isinstance(found, dict):
        raise BadInput(f"a view's spec should be a JSON object; got {text[:80]!r}")
    return text
