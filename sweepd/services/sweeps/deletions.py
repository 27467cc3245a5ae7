"""Sweeps deleted by their owner, and brought back."""

from datetime import datetime

from sweepd.domain.projects import Project
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.sweeps.results import SweepResults
from sweepd.store import deleted_runs, sweeps
from sweepd.store.database import Connection


class SweepDeletions(SweepResults):
    """A deleted sweep is out of sight, and otherwise as it was: its log, its cells, its file."""

    def delete(self, caller: Caller, sweep_pk: int) -> datetime:
        """Hide a sweep; its runs stay, its agents leave at their next heartbeat.

        Returns:
            When: `Runs.delete_of_sweep` takes the runs along at the same moment.

        Raises:
            NotFound: None that the caller may see.
        """

        def delete(connection: Connection) -> datetime:
            sweep = access.get_sweep_by_pk(connection, caller, sweep_pk, lock=True)
            at = self._core.now()
            sweeps.update_sweep(connection, sweep.pk, {"deleted_at": at, "updated_at": at})
            deleted_runs.touch_sweep_runs(connection, sweep.pk, at)
            return at

        at = self._core.db.write(delete)
        self._core.changes.touch("sweep", sweep_pk)
        return at

    def undelete(self, caller: Caller, sweep_pk: int) -> Sweep:
        """Bring a deleted sweep back, with the runs that were deleted along with it.

        Raises:
            NotFound: None that the caller may see.
        """

        def undelete(connection: Connection) -> Sweep:
            sweep = access.get_sweep_by_pk(connection, caller, sweep_pk, lock=True, deleted=True)
            at = self._core.now()
            if sweep.deleted_at is not None:
                deleted_runs.show_sweep_runs(connection, sweep.pk, sweep.deleted_at)
                sweeps.update_sweep(connection, sweep.pk, {"deleted_at": None, "updated_at": at})
                deleted_runs.touch_sweep_runs(connection, sweep.pk, at)
            return access.get_sweep_by_pk(connection, caller, sweep_pk)

        sweep = self._core.db.write(undelete)
        self._core.changes.touch("sweep", sweep_pk)
        return sweep

    def list_deleted(self, project: Project, limit: int) -> list[Sweep]:
        """A project's deleted sweeps, last deleted first."""
        with self._core.db.read() as connection:
            return sweeps.list_deleted_sweeps(connection, project.pk, limit)
