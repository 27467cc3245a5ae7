"""Workspaces and reports: what a project's pages show, kept as the spec that the client writes."""

import re
from dataclasses import dataclass
from datetime import datetime

from sweepd.domain.encoding import clean
from sweepd.domain.errors import BadInput

WORKSPACE, REPORT, REPORT_DRAFT = "project-view", "runs", "runs/draft"
SWEEP_PAGE = "sweep-view"  # of ours: panels of a sweep's page, each user's own
MAX_SPEC_BYTES = 4_000_000  # a report of 1,000 panels has about 1 MB
MAX_NAME = 256  # characters
_KIND = re.compile(r"[a-z][a-z-]{0,39}(/draft)?\Z")
_NAME = re.compile(r"[^/\\#?%\x00-\x1f\x7f]{1,256}\Z")
_OWN = {
    WORKSPACE: re.compile(r"nw-nwuser(.+)-w\Z"),
    SWEEP_PAGE: re.compile(r"nw-[^:]*:nwuser(.+)-w\Z"),
}


@dataclass(frozen=True, slots=True)
class View:
    """A saved workspace or report.

    Attributes:
        kind: The client's `type`: `project-view`, `runs` for a report, `runs/draft` for its draft.
        name: Of the address; one for each project and kind.
        spec: JSON text of an object, as the client sent it.
        user_name: Who wrote it first; None when that user is gone.
        imported_from: The project of another server it came from.
        imported_at: Its `updated_at` then; another one by now says that it was changed here.
    """

    pk: int
    project_pk: int
    entity: str
    project: str
    kind: str
    name: str
    display_name: str
    description: str
    spec: str
    user_name: str | None
    created_at: datetime
    updated_at: datetime
    imported_from: str | None
    imported_at: datetime | None


@dataclass(frozen=True, slots=True)
class ViewTitle:
    """A view as a list of them shows it."""

    pk: int
    kind: str
    name: str
    display_name: str
    description: str
    user_name: str | None
    updated_at: datetime


def own_name(user_name: str) -> str:
    """The name of a user's own workspace; `?nw=nwuser{name}` in an address."""
    return f"nw-nwuser{user_name}-w"


def own_sweep_name(user_name: str, sweep_id: str) -> str:
    """The name of a user's own panels on the page of a sweep, a view of the kind `SWEEP_PAGE`."""
    return f"nw-{sweep_id}:nwuser{user_name}-w"


def shared_name(chance: str) -> str:
    """The name of a workspace that is everybody's; `?nw={chance}` in an address."""
    return f"nw-{chance}-v"


def sweep_of(name: str) -> str:
    """The sweep whose page a view of the kind `SWEEP_PAGE` belongs to."""
    return name.removeprefix("nw-").rpartition(":nwuser")[0]


def owner_of(kind: str, name: str) -> str | None:
    """Whose own workspace a view is by its name; None when it is everybody's."""
    pattern = _OWN.get(kind)
    found = pattern.match(name) if pattern else None
    return found.group(1) if found else None


def check_kind(kind: str | None) -> str:
    """Return a view's kind, or raise BadInput when it cannot be one."""
    if not _KIND.match(kind or ""):
        raise BadInput(
            f"a view's type should be {WORKSPACE!r}, {REPORT!r} or {REPORT_DRAFT!r}; "
            f"got {clean(kind or '')[:80]!r}"
        )
    return kind or ""


def check_name(name: str) -> str:
    """Return a view's name, or raise BadInput when it cannot be part of an address."""
    if not _NAME.match(name) or name != clean(name):
        raise BadInput(
            f"a view's name should have 1 to {MAX_NAME} characters, none of / \\ # ? %; "
            f"got {clean(name)[:80]!r}"
        )
    return name
