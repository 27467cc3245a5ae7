"""What users leave beside runs: alerts, and charts of their own."""

from sweepd.domain.automations import EventType
from sweepd.domain.paging import Page, Start
from sweepd.domain.projects import Project
from sweepd.domain.runs import Alert, Run
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.paging import read_page
from sweepd.store import happenings, notices
from sweepd.store.database import Connection


class Notices:
    """Keeps alerts and charts."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def alert(self, run: Run, title: str, body: str, severity: str, wait_s: float) -> bool:
        """Keep an alert; False when one of the same title came less than `wait_s` ago."""
        at = self._core.now()

        def keep(connection: Connection) -> bool:
            is_new = notices.append_alert(connection, run.pk, title, body, severity, at, wait_s)
            if is_new:
                happenings.happened(
                    connection,
                    EventType.RUN_ALERT,
                    run.project_pk,
                    run.pk,
                    run.sweep_pk,
                    title=title,
                    text=body,
                    severity=severity,
                )
            return is_new

        is_new = self._core.db.write(keep)
        if is_new:
            self._core.changes.touch("run", run.pk)
        return is_new

    def of_run(self, run: Run, most: int) -> list[Alert]:
        """A run's alerts, the newest first."""
        with self._core.db.read() as connection:
            return notices.list_alerts(connection, most, run_pk=run.pk)

    def page(self, run: Run, start: Start, first: int | None) -> Page[Alert]:
        """A page of a run's alerts, the oldest first."""
        return read_page(self._core, notices.of_run(run.pk), start, first)

    def of_project(self, project: Project, most: int) -> list[Alert]:
        """The alerts of a project's runs, the newest first."""
        with self._core.db.read() as connection:
            return notices.list_alerts(connection, most, project_pk=project.pk)

    def save_chart(
        self, caller: Caller, entity: str, name: str, display_name: str, spec: str
    ) -> int:
        """Keep a Vega spec under a name of an entity; a second one replaces the first.

        Raises:
            NotFound: The caller does not belong to the entity.
        """
        pk = access.entity_pk(caller, entity)
        return self._core.db.write(lambda c: notices.upsert_chart(c, pk, name, display_name, spec))

    def find_chart(self, caller: Caller, entity: str, name: str) -> str | None:
        """The Vega spec an entity keeps under a name; None when the caller may see no such."""
        if entity not in caller.entities:
            return None
        with self._core.db.read() as connection:
            return notices.find_chart(connection, caller.entities[entity], name)
