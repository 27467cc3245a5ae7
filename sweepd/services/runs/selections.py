"""Which runs of a project pass a filter, in order: kept, and brought up to date by what changed.

A client asks for page after page while other runs go on; each page then costs the runs that changed
since the last one, not all of them.
"""

from dataclasses import dataclass
from datetime import timedelta

from sweepd.services.filters import mongo as filters
from sweepd.store import runs
from sweepd.store.database import Connection
from sweepd.store.runs import Version

MAX_KEPT = 64
# Replicas may not agree on the time: what changed shortly before is looked at again.
OVERLAP = timedelta(seconds=60)

Question = tuple[int, str | None, str | None]  # project, filter, order


@dataclass(frozen=True)
class _Selection:
    version: Version
    ranks: dict[int, filters.Rank]  # of the runs that pass, by our key
    pks: list[int]  # those keys in order


class Selections:
    """May be asked from several threads at once."""

    def __init__(self) -> None:
        self._kept: dict[Question, _Selection] = {}

    def select(
        self, connection: Connection, project_pk: int, where: str | None, order: str | None
    ) -> list[int]:
        """Keys of the runs that pass, ordered; see `filters.select`.

        Raises:
            BadInput: The filter or order cannot be understood.
        """
        question = (project_pk, where, order)
        version = runs.version_of_runs(connection, project_pk)
        kept = self._kept.get(question)
        if kept is None or kept.version != version:
            kept = self._renew(connection, question, version, kept)
            while len(self._kept) >= MAX_KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[question] = kept
        return kept.pks

    def _renew(
        self,
        connection: Connection,
        question: Question,
        version: Version,
        kept: _Selection | None,
    ) -> _Selection:
        project_pk, where, order = question
        test, rank = filters.compile_filter(where), filters.ranker(order)
        ranks: dict[int, filters.Rank] = {}
        if kept is None or kept.version.changed_at is None:
            found = runs.list_project_runs(connection, project_pk)
        else:
            since = kept.version.changed_at - OVERLAP
            found, gone = runs.list_changed_runs(connection, project_pk, since)
            ranks = dict(kept.ranks)
            for pk in (*gone, *(run.pk for run in found)):
                ranks.pop(pk, None)
        ranks |= {run.pk: rank(run) for run in found if test(run)}
        return _Selection(version, ranks, filters.in_order(ranks, order))
