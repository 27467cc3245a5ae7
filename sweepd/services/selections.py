"""A project's runs filtered and ordered, a page at a time, while the runs go on changing.

What one page found is kept for the next. When runs have changed since, only those are read again,
so paging through ten thousand runs costs no more because one of them logs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.services import filters
from sweepd.services.core import Core
from sweepd.store import runs
from sweepd.store.database import Connection

MAX_KEPT = 32  # selections; one of 10,000 runs takes about 2 MB
OVERLAP = timedelta(seconds=60)  # a change may become visible after a later one
_Question = tuple[int, str | None, str | None]
_Version = tuple[int, int, datetime | None]
_Place = tuple[tuple[datetime, int], Any]  # when it was made and its key; what it is ordered by


@dataclass
class _Selection:
    """What a question's answer was when the project's runs stood at a version."""

    version: _Version
    places: dict[int, _Place | None]  # of every run by its key; None when it is left out
    pks: list[int]  # the answer


class Selections:
    """Answers questions about a project's runs in pages."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._kept: dict[_Question, _Selection] = {}

    def page(
        self, project: Project, where: str | None, order: str | None, start: int, n: int | None
    ) -> tuple[list[Run], int]:
        """Some of the runs that `filters.select` would give, and how many there are in all.

        Args:
            start: Position of the first, from 0.
            n: How many; all the rest when None.

        Raises:
            BadInput: As `filters.select`.
        """
        question = (project.pk, where, order)
        with self._core.db.read() as connection:
            version = runs.version_of_runs(connection, project.pk)
            kept = self._kept.get(question)
            if kept is None or kept.version != version:
                kept = self._renew(connection, question, kept, version)
                self._keep(question, kept)
            wanted = kept.pks[start:] if n is None else kept.pks[start : start + n]
            return runs.list_runs_by_pk(connection, wanted), len(kept.pks)

    def _renew(
        self,
        connection: Connection,
        question: _Question,
        kept: _Selection | None,
        version: _Version,
    ) -> _Selection:
        project_pk, where, order = question
        place_of = _placing(where, order)
        places: dict[int, _Place | None] = {}
        if kept is not None and kept.version[2] is not None:
            since = kept.version[2] - OVERLAP
            changed = runs.list_project_runs(connection, project_pk, since)
            places = kept.places | {run.pk: place_of(run) for run in changed}
        if len(places) != version[1]:  # the first time, or a run was deleted
            found = runs.list_project_runs(connection, project_pk)
            places = {run.pk: place_of(run) for run in found}
        return _Selection(version, places, _ordered(places, order))

    def _keep(self, question: _Question, selection: _Selection) -> None:
        self._kept.pop(question, None)
        while len(self._kept) >= MAX_KEPT:
            self._kept.pop(next(iter(self._kept)), None)  # the one not renewed for longest
        self._kept[question] = selection


def _placing(where: str | None, order: str | None) -> Callable[[Run], _Place | None]:
    test = filters.compile_filter(where)
    value_of = filters.sort_value(order) if order else None

    def place_of(run: Run) -> _Place | None:
        if not test(run):
            return None
        return (run.created_at, run.pk), value_of(run) if value_of else None

    return place_of


def _ordered(places: Mapping[int, _Place | None], order: str | None) -> list[int]:
    """As `filters.sort`: by the key, runs without it last; equals by age."""
    chosen = sorted((p for p in places.values() if p is not None), key=lambda place: place[0])
    if order:
        keyed = [place for place in chosen if place[1] is not None]
        keyed.sort(key=lambda place: place[1], reverse=order.startswith("-"))
        chosen = keyed + [place for place in chosen if place[1] is None]
    return [pk for (_made_at, pk), _value in chosen]
