"""What was deleted ends for good when its days are over: runs, sweeps, projects, a few at a time.

Their files then belong to nothing, and go the way of all such files (see `housekeeping.py`).
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from sweepd.services.core import Core
from sweepd.services.runs import deletions
from sweepd.store import deleted_projects, deleted_runs, runs, sweeps
from sweepd.store.cascades import Owner, remove_some
from sweepd.store.database import Connection

AT_ONCE = 100  # runs in one transaction; others' writes come between
ROWS_AT_ONCE = 2000  # of what hangs on them: lines, cells, entries


class Expiry:
    """Ends deleted things."""

    def __init__(self, core: Core, days: float) -> None:
        self._core, self._days = core, days

    def end(self) -> int:
        """Remove what was deleted longer ago than it is kept; returns how many things that were."""
        before = self._core.now() - timedelta(days=self._days)
        n_gone = 0
        while True:
            with self._core.db.read() as connection:
                pks = deleted_runs.list_expired_runs(connection, before, AT_ONCE)
            if not pks:
                break
            n_gone += self._purge_runs(pks)
        with self._core.db.read() as connection:
            old_sweeps = sweeps.list_expired_sweeps(connection, before)
            old_projects = deleted_projects.list_expired(connection, before)
        for pk in old_sweeps:
            self._remove_along("sweeps", [pk])
            self._core.db.write(partial(sweeps.delete_sweep, pk=pk))
        for pk in old_projects:
            self._purge_project(pk)
        return n_gone + len(old_sweeps) + len(old_projects)

    def _purge_project(self, pk: int) -> None:
        while True:
            with self._core.db.read() as connection:
                pks = deleted_runs.list_some_runs(connection, pk, AT_ONCE)
            if not pks:
                break
            self._purge_runs(pks)
        self._remove_along("projects", [pk])
        self._core.db.write(lambda c: deleted_projects.purge_project(c, pk))

    def _purge_runs(self, pks: Sequence[int]) -> int:
        def keep_for_forks(connection: Connection) -> None:
            for run in runs.list_runs_by_pk(connection, pks):
                deletions.keep_for_forks(connection, run)

        def purge(connection: Connection) -> None:
            for run in runs.list_runs_by_pk(connection, pks):
                deletions.purge(connection, run)

        self._core.db.write(keep_for_forks)
        self._remove_along("runs", pks)
        self._core.db.write(purge)
        return len(pks)

    def _remove_along(self, owner: Owner, pks: Sequence[int]) -> None:
        """Remove what goes along with some of them, in parts."""
        n = ROWS_AT_ONCE
        while n == ROWS_AT_ONCE:
            n = self._core.db.write(lambda c: remove_some(c, owner, pks, ROWS_AT_ONCE))
