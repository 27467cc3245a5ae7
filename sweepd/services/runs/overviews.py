"""The lists that pages begin with: projects, sweeps, runs nearby, deleted runs, versions, teams."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sweepd.domain.artifacts import Collection, CollectionSummary, VersionSummary
from sweepd.domain.projects import Project, ProjectSummary
from sweepd.domain.runs import Run
from sweepd.domain.sweeps import Sweep, SweepPoint, SweepSummary
from sweepd.domain.users import Caller, Team
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.tables.reads import Reads
from sweepd.store import overviews, run_counts, runs, sweep_points
from sweepd.store.run_counts import Version

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

    def version(self, project: Project) -> Version:
        """Differs once any run of the project was made, changed or deleted."""
        with self._core.db.read() as connection:
            return run_counts.version_of_runs(connection, project.pk)

    def changed_runs(self, project: Project, since: datetime) -> tuple[list[Run], list[str]] | None:
        """Runs changed at or after a time, and the ids of those deleted then.

        None when that cannot be told, since the clock was set back behind that time.
        """
        if since > self._core.now():
            return None
        with self._core.db.read() as connection:
            changed, _ = runs.list_changed_runs(connection, project.pk, since)
            return changed, overviews.ids_deleted_since(connection, project.pk, since)

    def version_of_points(self, sweep: Sweep) -> Version:
        """As `version`, of the runs that a sweep compares."""
        with self._core.db.read() as connection:
            return overviews.version_of_points(connection, sweep.project_pk, sweep.pk)

    def changed_points(
        self, sweep: Sweep, since: datetime
    ) -> tuple[list[SweepPoint], list[str]] | None:
        """As `changed_runs`, of the runs that a sweep compares."""
        if since > self._core.now():
            return None
        with self._core.db.read() as connection:
            gone = overviews.ids_deleted_since(connection, sweep.project_pk, since, sweep.pk)
            return sweep_points.list_points(connection, sweep.pk, since), gone

    def runs_named(self, project: Project, ids: Sequence[str]) -> Iterator[Run]:
        """Those of the named runs that exist, in the order named; never all in memory."""
        for start in range(0, len(ids), CHUNK):
            wanted = ids[start : start + CHUNK]
            with self._core.db.read() as connection:
                found = {r.run_id: r for r in runs.find_runs_by_ids(connection, project.pk, wanted)}
            yield from (found[run_id] for run_id in wanted if run_id in found)

    def all_runs(self, project: Project) -> list[Run]:
        """A project's runs, oldest first."""
        with self._core.db.read() as connection:
            return runs.list_project_runs(connection, project.pk)

    def has_history(self, project: Project) -> bool:
        """Whether a run of the project has logged anything."""
        with self._core.db.read() as connection:
            return overviews.has_history(connection, project.pk)

    def neighbours(self, run: Run, limit: int) -> list[tuple[str, str, int]]:
        """(run id, name, key) of runs to lay beside one, the previous one first."""
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

    def metadata_of_versions(self, collection: Collection, limit: int) -> list[tuple[int, str]]:
        """(number, metadata as JSON) of a collection's newest versions, oldest first."""
        with self._core.db.read() as connection:
            return overviews.list_metadata(connection, collection.pk, limit)

    def teams(self) -> list[Team]:
        """Every team; for administrators."""
        with self._core.db.read() as connection:
            return overviews.list_teams(connection)


def count_runs(reads: Reads, project_pk: int, in_columns: bool) -> int:
    """How many runs a project has; asked through `Aside.ask`."""
    if in_columns:
        return reads.tables.standing(project_pk).n
    with reads.core.db.read() as connection:
        return run_counts.version_of_runs(connection, project_pk).n_visible
