"""Workspaces and reports of another server are taken in, and speak of the project here.

A view that was changed here since it came is left as it is, as is one of the same name that was
made here.
"""

import hashlib
import json
from typing import Any

from sweepd.domain.encoding import clean
from sweepd.domain.errors import Conflict, Gone
from sweepd.domain.nesting import load
from sweepd.domain.users import Caller
from sweepd.domain.views import (
    SWEEP_PAGE,
    WORKSPACE,
    check_kind,
    check_name,
    own_sweep_name,
    owner_of,
    shared_name,
    sweep_of,
)
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.moving.foreign import ForeignView
from sweepd.services.workspaces.views import ViewChange, checked
from sweepd.store import users, views
from sweepd.store.database import Connection

_ENTITY, _PROJECT = "entityName", ("name", "projectName")  # as specs write a project


class ViewIntake:
    """Takes views into one project of an entity."""

    def __init__(self, core: Core, caller: Caller, where: tuple[str, str], source: str) -> None:
        """`where`: entity and project here; `source`: the name of the project there."""
        self._core, self._caller, self._where = core, caller, where
        self._source = clean(source)
        *_, entity, project = ["", "", *source.split("/")]
        self._there = (entity, project)

    def take(self, view: ForeignView) -> bool:
        """Make a view, or bring it up to date.

        Returns:
            Whether anything was written.

        Raises:
            Conflict: One of that name is here that did not come from there; it is left as it is.
            BadInput: It is none.
        """
        check_kind(view.kind)
        check_name(view.name)
        spec = moved_spec(view.spec, self._there, self._where)
        values = checked(ViewChange(None, None, view.display_name, view.description, spec))

        def write(connection: Connection) -> bool:
            owner = access.ensure_project(connection, self._caller, self._core, *self._where)
            name, title = self._place(connection, view)
            made = views.insert_view(
                connection, owner.pk, self._caller.user_pk, view.kind, name, view.created_at
            )
            known = views.find_view_by_name(connection, owner.pk, view.kind, name)
            if known is None:
                raise Gone("a view was deleted as it was made; import again")
            if made is None:
                if known.imported_from != self._source:
                    raise Conflict(
                        f"{'/'.join(self._where)} has a view {known.display_name or name!r} of its "
                        f"own under the name {name}; it is left as it is"
                    )
                is_changed_here = known.updated_at != known.imported_at
                if is_changed_here or known.imported_at == view.updated_at:
                    return False
            words: dict[str, Any] = {**values, "display_name": title} if title else values
            came: dict[str, Any] = {"imported_from": self._source, "imported_at": view.updated_at}
            times = {"created_at": view.created_at}
            views.update_view(connection, known.pk, view.updated_at, **words, **came, **times)
            return True

        return self._core.db.write(write)

    def _place(self, connection: Connection, view: ForeignView) -> tuple[str, str | None]:
        """A view's name here, and its title when that is another one, too.

        What was somebody's own whom nobody here is: a workspace is everybody's, the panels of a
        sweep's page are those of whoever brings them.
        """
        owner = owner_of(view.kind, view.name)
        if owner is None or users.find_caller_by_name(connection, owner) is not None:
            return view.name, None
        if view.kind == SWEEP_PAGE:
            return own_sweep_name(self._caller.name, sweep_of(view.name)), None
        assert view.kind == WORKSPACE, view.kind  # no other is anybody's own
        told = hashlib.sha256(f"{self._source}\n{view.name}".encode()).hexdigest()
        return shared_name(told[:11]), view.display_name or f"{owner}'s workspace"


def moved_spec(text: str, there: tuple[str, str], here: tuple[str, str]) -> str:
    """A spec that names one project where it named another; to the letter where it named neither.

    Raises:
        BadInput, TooLarge: It is nested too deeply, or holds too much.
    """
    if there == here:
        return text
    try:
        spec = load(text, "a view's spec")
    except ValueError:
        return text  # and refused for what it is
    return json.dumps(spec, separators=(",", ":")) if _move(spec, there, here) else text


def _move(value: Any, there: tuple[str, str], here: tuple[str, str]) -> bool:
    """Name another project, in place; whether anything was named."""
    if isinstance(value, list):
        return any([_move(item, there, here) for item in value])
    if not isinstance(value, dict):
        return False
    is_moved = any([_move(item, there, here) for item in value.values()])
    for name in _PROJECT:
        if (_said(value.get(_ENTITY)), _said(value.get(name))) == there:
            for key, other in ((_ENTITY, here[0]), (name, here[1])):
                value[key] = other if isinstance(value[key], str) else value[key] | {"val": other}
            return True
    return is_moved


def _said(value: Any) -> Any:
    """A text, or that of an expression's constant: `{"nodeType": "const", "val": TEXT}`."""
    return value.get("val") if isinstance(value, dict) else value
