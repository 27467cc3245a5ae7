"""From what happened to what is told: looks again and again, and never in somebody's request.

What happened was written with the change itself (`store/happenings.py`); metrics are read from the
histories of runs that went on. Each is told once by each automation, whichever replica looks.
"""

import logging
import math
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from sweepd.domain.automations import OF_METRICS, OF_RUNS, Automation, Happening
from sweepd.domain.errors import SweepdError
from sweepd.services.automations import messages
from sweepd.services.automations.conditions import Metric, read_filter
from sweepd.services.automations.messages import Subject
from sweepd.services.core import Core
from sweepd.services.streams.lines import number_at, parse_line
from sweepd.store import automations, deliveries, happenings, run_lines, runs
from sweepd.store.automations import Mark
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection
from sweepd.store.history import Stream
from sweepd.store.pieces import each

AT_ONCE = 200  # happenings, or runs, looked at in one transaction
MAX_WAITING = 1000  # deliveries of one automation; what more happens meanwhile is not told
LINES_AT_ONCE = 20_000  # of one run
OVERLAP = timedelta(seconds=120)  # a transaction of another replica may be that late

log = logging.getLogger(__name__)


class Telling:
    """Finds what is to be told, and writes it down to be delivered."""

    def __init__(self, core: Core, blobs: Blobs) -> None:
        self._core, self._blobs = core, blobs
        self._read_to: dict[int, datetime] = {}  # by automation
        self.base = ""  # the address of the pages

    def look(self) -> None:
        """Look at all that happened, and at the metrics that automations ask about."""
        while self._look_at_happenings():
            pass
        with self._core.db.read() as connection:
            asking = automations.list_asking(connection, sorted(OF_METRICS))
        for automation in asking:
            while self._read_metrics(automation):
                pass
        self._read_to = {a.pk: at for a in asking if (at := self._read_to.get(a.pk)) is not None}

    def _look_at_happenings(self) -> bool:
        found: list[tuple[Automation, str, str]] = []
        with self._core.db.read() as connection:
            seen = happenings.list_happenings(connection, AT_ONCE)
            for happening in seen:
                for automation in automations.list_asking(
                    connection, [happening.event], happening.project_pk
                ):
                    body = self._body(connection, automation, happening)
                    if body is not None:
                        found.append((automation, f"event:{happening.pk}", body))
        if not seen:
            return False

        def keep(connection: Connection) -> None:
            for automation, key, body in found:
                self._tell(connection, automation, key, body)
            happenings.delete_happenings(connection, [happening.pk for happening in seen])

        self._core.db.write(keep)
        return len(seen) == AT_ONCE

    def _tell(self, connection: Connection, automation: Automation, key: str, body: str) -> None:
        if automations.find_automation(connection, automation.pk) is None:  # deleted meanwhile
            return
        if deliveries.count_waiting(connection, automation.pk, MAX_WAITING) == MAX_WAITING:
            log.warning(
                "automation %s has %s deliveries waiting; another is left out",
                automation.pk,
                MAX_WAITING,
            )
            return
        deliveries.create_delivery(connection, automation, key, body, self._core.now())

    def _body(
        self, connection: Connection, automation: Automation, happening: Happening
    ) -> str | None:
        """What there is to tell of a happening; None when its filter does not ask for it."""
        if automation.collection_pk not in (None, happening.collection_pk):
            return None
        try:
            condition = read_filter(automation.event, automation.filter)
            subject = messages.subject_of(connection, happening)
            if subject is None or not condition.values(subject.filtered):
                return None
            if happening.event in OF_RUNS and (
                subject.run is None
                or subject.values["run_state"] not in condition.states
                or not condition.run(subject.run)
            ):
                return None
        except SweepdError as error:  # a filter that a newer version reads otherwise
            log.warning("automation %s cannot be asked: %s", automation.pk, error)
            return None
        return messages.body_of(automation, subject, self.base, self._core.now())

    def _read_metrics(self, automation: Automation) -> bool:
        at = self._core.now()
        since = self._read_to.get(automation.pk, automation.updated_at or automation.created_at)
        marks: list[Mark] = []
        found: list[tuple[str, str]] = []
        with self._core.db.read() as connection:
            unread = automations.list_unread(connection, automation, since - OVERLAP, AT_ONCE)
            for run_pk, n_lines, mark in unread:
                mark, told = self._read_run(connection, automation, run_pk, n_lines, mark)
                marks.append(mark)
                found += told
        if marks:

            def keep(connection: Connection) -> None:
                if automations.find_automation(connection, automation.pk) is None:
                    return
                kept = [mark for mark in marks if runs.find_run_by_pk(connection, mark.run_pk)]
                automations.set_marks(connection, automation.pk, kept)
                for key, body in found:
                    self._tell(connection, automation, key, body)

            self._core.db.write(keep)
        is_rest = len(unread) == AT_ONCE or any(
            mark.n_lines != n_lines for mark, (_, n_lines, _) in zip(marks, unread, strict=True)
        )
        if not is_rest:
            self._read_to[automation.pk] = at
        return is_rest

    def _read_run(
        self,
        connection: Connection,
        automation: Automation,
        run_pk: int,
        n_lines: int,
        mark: Mark,
    ) -> tuple[Mark, list[tuple[str, str]]]:
        """Read on in a run's history; says how far, and what there is to tell with its key."""
        if n_lines < mark.n_lines:  # it was rewound
            return replace(mark, n_lines=n_lines, last=()), []
        condition = read_filter(automation.event, automation.filter)
        metric = condition.metric
        told: list[tuple[int, float]] = []
        if metric is None:
            return replace(mark, n_lines=n_lines), []
        end = min(n_lines, mark.n_lines + LINES_AT_ONCE)
        pieces = run_lines.list_pieces(
            connection, self._blobs, run_pk, Stream.HISTORY, mark.n_lines, end
        )
        last = deque(mark.last, metric.n_values)
        is_met = mark.is_met
        for piece in each(pieces):
            for number, line in enumerate(piece.lines(), piece.first):
                value = number_at(parse_line(line), metric.name)
                if value is None or not math.isfinite(value):
                    continue
                last.append(value)
                measured = _measure(metric, last)
                was_met, is_met = is_met, measured is not None and metric.holds(measured)
                if measured is not None and is_met and not was_met:
                    told.append((number, measured))
        mark = Mark(run_pk, end, is_met, tuple(last))
        if not told:
            return mark, []
        run = runs.get_run_by_pk(connection, run_pk)
        if not condition.run(run):
            return mark, []
        return mark, [
            (
                f"run:{run_pk}:{number}",
                self._metric_body(automation, metric, Subject.of_run(run), value),
            )
            for number, value in told
        ]

    def _metric_body(
        self, automation: Automation, metric: Metric, subject: Subject, value: float
    ) -> str:
        subject.values |= {"metric_name": metric.name, "metric_value": value}
        return messages.body_of(automation, subject, self.base, self._core.now())


def _measure(metric: Metric, last: deque[float]) -> float | None:
    """What a condition compares; None as long as there are too few values, or no number."""
    if len(last) < metric.n_values:
        return None
    measured = metric.measure(tuple(last))
    return measured if measured is not None and math.isfinite(measured) else None
