"""The lists that pages begin with: projects, sweeps, runs nearby, deleted runs, versions, teams."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sweepd.domain.artifacts import Collection, CollectionSummary, VersionSummary
from sweepd.domain.projects import Project, ProjectSummary
from sweepd.domain.runs import Run
from sweepd.domain.sweeps import SweepSummary
from sweepd.domain.users import Caller, Team
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.store import overviews, runs

CHUNK = 500  # runs read at once


class Overviews:
    """Reads lists; where no caller is an argument, whoever calls has checked access."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def projects(self, caller: Caller, entity: str | None = None) -> list[ProjectSummary]:
        """The projects of one entity, or of all the caller's, last changed first.

        Raises:
            NotFound: The caller does not belong to the entity.
        """
        pks = [access.entity_pk(caller, entity)] if entity else list(caller.entities.values())
        with self._core.db.read() as connection:
            return overviews.list_projects(connection, pks)

    def sweeps(self, project: Project) -> dict[int, SweepSummary]:
        """How far each sweep of a project is, by the sweep's key; none for one without runs."""
        with self._core.db.read() as connection:
            return overviews.sweeps_of(connection, project.pk)

    def stamp(self, project: Project) -> str:
        """A text that differs whenever a run of the project came, went or changed."""
        with self._core.db.read() as connection:
            return overviews.stamp_of_runs(connection, project.pk)

    def runs_named(self, project: Project, ids: Sequence[str]) -> Iterator[Run]:
        """Those of the named runs that exist, in the order named; never all in memory."""
        for start in range(0, len(ids), CHUNK):
            wanted = ids[start : start + CHUNK]
            with self._core.db.read() as connection:
                found = {r.run_id: r for r in runs.find_runs_by_ids(connection, project.pk, wanted)}
            yield from (found[run_id] for run_id in wanted if run_id in found)

    def neighbours(self, run: Run, limit: int) -> list[tuple[str, str]]:
        """(run id, name) of runs to lay beside one, the previous one first."""
        with self._core.db.read() as connection:
            return overviews.list_neighbours(connection, run, limit)

    def deleted_runs(self, project: Project, limit: int) -> list[tuple[int, str, str, datetime]]:
        """(key, run id, name, when) of a project's deleted runs, last deleted first."""
        with self._core.db.read() as connection:
            return overviews.list_deleted_runs(connection, project.pk, limit)

    def collections(self, project: Project) -> list[CollectionSummary]:
        """A project's artifact collections, last changed first."""
        with self._core.db.read() as connection:
            return overviews.list_collections(connection, project.pk)

    def versions(self, collection: Collection, limit: int) -> tuple[list[VersionSummary], int]:
        """A collection's newest versions, newest first, and how many there are in all."""
        with self._core.db.read() as connection:
            return overviews.list_versions(connection, collection.pk, limit)

    def teams(self) -> list[Team]:
        """Every team; for administrators."""
        with self._core.db.read() as connection:
            return overviews.list_teams(connection)
