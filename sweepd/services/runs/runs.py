"""Runs as their owner sees them: create, change, find, stop, delete."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.paging import BEGINNING, Page, Start, cut
from sweepd.domain.projects import DEFAULT_PROJECT, Project
from sweepd.domain.runs import LIVE, Run, RunState, StopOrigin
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.filters import mongo as filters
from sweepd.services.paging import read_page
from sweepd.services.runs import changes as run_changes
from sweepd.services.runs import deletions, overviews
from sweepd.services.runs.changes import RunChange as RunChange  # what the edges say
from sweepd.services.runs.changes import is_started as is_started
from sweepd.services.runs.selections import Selections
from sweepd.services.streams import forks, rewinds
from sweepd.services.sweeps import endings, lifecycle
from sweepd.services.tables.aside import Aside
from sweepd.store import first_reads, run_listings, runs
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection, First
from sweepd.store.sharing import by_itself

T = TypeVar("T")
_BY_AGE = (None, "", *(f"{sign}created{rest}" for sign in ("", "+", "-") for rest in ("_at", "At")))


class Runs:
    """What clients and people do with runs."""

    def __init__(self, core: Core, blobs: Blobs, aside: Aside) -> None:
        self._core = core
        self._blobs = blobs
        self._aside = aside
        self._selections = Selections()

    def upsert(
        self,
        caller: Caller,
        entity: str | None,
        project: str | None,
        run_id: str | None,
        change: RunChange,
        resumes: bool = False,
    ) -> tuple[Run, bool]:
        """Create a run or change it; saying the same again changes nothing.

        Args:
            run_id: Made up when None.
            resumes: The client means to go on with the run; else one that has data begins anew.

        Returns:
            The run, and whether it was created.

        Raises:
            NotFound: The caller does not belong to the entity.
            BadInput: A name or value cannot be taken.
        """

        place = caller.entities.get(entity or caller.default_entity), project or DEFAULT_PROJECT

        def upsert(connection: Connection) -> tuple[Run, bool]:
            if run_id and place[0] is not None:
                run = runs.find_run_at(connection, place[0], place[1], run_id)
                if run is not None:
                    at = self._core.now()
                    run = run_changes.say_more(connection, self._blobs, run, change, resumes, at)
                    return run, False
            by_itself(connection)
            owner = access.ensure_project(
                connection, caller, self._core, entity, project, begins=change.begins
            )
            return run_changes.upsert(
                connection, self._blobs, caller, owner, run_id, change, resumes, self._core.now()
            )

        first: First | None = None
        if run_id and place[0] is not None:
            is_client = change.is_from_client
            first = partial(first_reads.of_upsert, place[0], place[1], run_id, is_client)
        run, inserted = self._core.db.write(upsert, first)
        self._core.changes.touch_run(run.pk, run.sweep_pk)
        return run, inserted

    def change(self, caller: Caller, pk: int, change: RunChange) -> Run:
        """Change a run by our key.

        Raises:
            NotFound: None that the caller may see.
        """

        def update(connection: Connection) -> Run:
            run = access.get_run_by_pk(connection, caller, pk, lock=True)
            return run_changes.apply(connection, run, change, self._core.now())

        run = self._core.db.write(update)
        self._core.changes.touch_run(run.pk, run.sweep_pk)
        return run

    def begin_fork(self, caller: Caller, pk: int) -> Run:
        """Let a run without lines begin with those of the run that its config names as its parent.

        Raises:
            NotFound: None that the caller may see; no parent in its project.
        """

        def begin(connection: Connection) -> Run:
            run = access.get_run_by_pk(connection, caller, pk, lock=True)
            return forks.begin(connection, self._blobs, run, run.config)

        return self._core.db.write(begin)

    def get(self, caller: Caller, entity: str | None, project: str | None, run_id: str) -> Run:
        """A run by its path.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return access.get_run(connection, caller, entity, project, run_id)

    def find(
        self, caller: Caller, entity: str | None, project: str | None, run_id: str
    ) -> Run | None:
        """As `get`, but None when there is none."""
        try:
            return self.get(caller, entity, project, run_id)
        except NotFound:
            return None

    def get_by_pk(self, caller: Caller, pk: int) -> Run:
        """A run by our key.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return access.get_run_by_pk(connection, caller, pk)

    def select(self, project: Project, where: str | None, order: str | None) -> list[Run]:
        """A project's runs that pass a filter, ordered; see `filters.select`."""
        return filters.select(self.list_all(project), where, order)

    def select_page(
        self,
        project: Project,
        where: str | None,
        order: str | None,
        start: Start = BEGINNING,
        first: int | None = None,
    ) -> Page[Run]:
        """A page of the runs that `select` would give.

        By age, and unfiltered, the database reads it; else, in a large project, columns do (see
        `tables`), and in others what one page found is kept for the next (see `selections`).

        Args:
            first: How many; all the rest when None.

        Raises:
            BadInput: As `filters.select`; or `start` is no place in this order.
        """
        if (where or "{}").strip() == "{}" and order in _BY_AGE:
            listing = run_listings.of_project(project.pk, filters.is_descending(order))
            page = read_page(self._core, listing, start, first)
            return replace(page, count=lambda: self._aside.ask(project.pk, overviews.count_runs))
        limit = None if first is None else max(0, first) + 1
        found = self._aside.select(project.pk, where, order, start, limit)
        with self._core.db.read() as connection:
            places, n_all = found or self._selections.select(
                connection, project.pk, where, order, start, limit
            )
            by_pk = {
                run.pk: run for run in runs.list_runs_by_pk(connection, [pk for _, pk in places])
            }
        items = [(key, by_pk[pk]) for key, pk in places if pk in by_pk]
        return cut(items, start, first, lambda: n_all)

    def list_all(self, project: Project) -> list[Run]:
        """A project's runs, oldest first."""
        with self._core.db.read() as connection:
            return runs.list_project_runs(connection, project.pk)

    def set_state(self, caller: Caller, pk: int, state: str) -> None:
        """What `Run.update_state` asks for.

        Raises:
            BadInput: Not a state, or not a change a user may make.
        """
        try:
            wanted = RunState(state)
        except ValueError as error:
            raise BadInput(
                f"a run's state is one of {', '.join(RunState)}; got {state!r}"
            ) from error

        def update(connection: Connection, run: Run) -> None:
            lifecycle.set_run_state(connection, run, wanted, self._core.now())

        self._mark(caller, pk, update)

    def stop(self, caller: Caller, pk: int) -> bool:
        """Ask a run to stop; False when it had already ended."""

        def stop(connection: Connection, run: Run) -> bool:
            at = self._core.now()
            is_live, reason = run.state in LIVE, f"stopped by {caller.name}"
            run = lifecycle.request_stop(connection, run, reason, at, StopOrigin.PERSON)
            if run.state is RunState.PENDING and run.agent_pk is None:
                lifecycle.lose_run(connection, run, 0, "stopped", at)
            if run.sweep_pk is not None:
                endings.finish_if_done(connection, run.sweep_pk, at)
            return is_live

        return self._mark(caller, pk, stop)

    def delete(self, caller: Caller, pk: int, keep_config: bool = False) -> None:
        """Hide a run; `undelete` brings it back.

        A sweep's config is free again, so in a finite space it is handed out once more (by a sweep
        that has ended, once it is resumed), unless `keep_config` says that it stays done.
        """
        self._mark(
            caller,
            pk,
            lambda c, run: deletions.delete(c, caller, run, keep_config, self._core.now()),
        )

    def undelete(self, caller: Caller, pk: int) -> None:
        """Bring a deleted run back."""
        self._mark(
            caller, pk, lambda c, run: deletions.undelete(c, run, self._core.now()), deleted=True
        )

    def delete_of_sweep(self, caller: Caller, sweep_pk: int, at: datetime) -> None:
        """Hide the runs of a sweep that was deleted at `at`; they come back with it."""

        def delete(connection: Connection) -> None:
            sweep = access.get_sweep_by_pk(connection, caller, sweep_pk, deleted=True)
            deletions.delete_of_sweep(connection, caller, sweep, at)

        self._core.db.write(delete)

    def _mark(
        self,
        caller: Caller,
        pk: int,
        mark: Callable[[Connection, Run], T],
        deleted: bool = False,
    ) -> T:
        def write(connection: Connection) -> tuple[T, int | None]:
            run = access.get_run_by_pk(connection, caller, pk, deleted=deleted)
            return mark(connection, run), run.sweep_pk

        marked, sweep_pk = self._core.db.write(write)
        self._core.changes.touch_run(pk, sweep_pk)
        return marked

    def rewind(
        self, caller: Caller, entity: str | None, project: str | None, run_id: str, step: int
    ) -> Run:
        """Cut a run's history after a step; doing it again changes nothing.

        Raises:
            NotFound: None that the caller may see.
        """

        def rewind(connection: Connection) -> Run:
            found = access.get_run(connection, caller, entity, project, run_id)
            run = access.get_run_by_pk(connection, caller, found.pk, lock=True)
            return rewinds.rewind(connection, self._blobs, run, step, self._core.now())

        run = self._core.db.write(rewind)
        self._core.changes.touch_run(run.pk, run.sweep_pk)
        return run
