"""Which runs of a project pass a filter, in order: kept, and brought up to date by what changed.

A client asks for page after page while other runs go on; each page then costs the runs that changed
since the last one, not all of them.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta

from sweepd.domain.paging import Key, Start, in_directions
from sweepd.domain.patience import glancing
from sweepd.services.filters import mongo as filters
from sweepd.store import run_counts, runs
from sweepd.store.database import Connection
from sweepd.store.run_counts import Version

MAX_KEPT = 64
MAX_QUESTION = 100_000  # characters of one that is kept
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
        self,
        connection: Connection,
        project_pk: int,
        where: str | None,
        order: str | None,
        start: Start,
        limit: int | None,
    ) -> tuple[list[tuple[Key, int]], int]:
        """Places and keys of up to `limit` runs that pass, ordered, and how many pass in all.

        Raises:
            BadInput: The filter or order cannot be understood, or `start` is no place in it.
        """
        kept = self._find(connection, (project_pk, where, order))
        first = start.n_skipped
        if start.key is not None:
            filters.check_place(start.key)
            down = filters.directions(order)
            first += bisect_right(
                kept.pks,
                in_directions(start.key, down),
                key=lambda pk: in_directions(filters.key_of(kept.ranks[pk]), down),
            )
        found = kept.pks[first : None if limit is None else first + limit]
        return [(filters.key_of(kept.ranks[pk]), pk) for pk in found], len(kept.pks)

    def _find(self, connection: Connection, question: Question) -> _Selection:
        project_pk = question[0]
        version = run_counts.version_of_runs(connection, project_pk)
        kept = self._kept.get(question)
        if kept is None or kept.version != version:
            kept = self._renew(connection, question, version, kept)
            while len(self._kept) >= MAX_KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            if sum(len(text or "") for text in question[1:]) <= MAX_QUESTION:
                self._kept[question] = kept
        return kept

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
        ranks |= {run.pk: rank(run) for run in glancing(found) if test(run)}
        return _Selection(version, ranks, filters.in_order(ranks, order))
