"""Runs forked from others (`wandb.init(fork_from="id?_step=N")`): whose rows make up a history.

A fork's first lines are its parent's, as they were at the fork; its own are numbered after them.
They are read where they lie, so a fork costs the same however long its parent. Only when the parent
is about to lose such lines (rewound, begun anew, removed) are they copied, once for all its forks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sweepd.domain.config import private_part
from sweepd.domain.errors import NotFound
from sweepd.domain.runs import Run
from sweepd.later import np
from sweepd.services.streams.lines import parse_line, step_of
from sweepd.store import history, runs
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection
from sweepd.store.history import Stream
from sweepd.store.pieces import Piece, each
from sweepd.store.run_lines import last_line as find_last_line
from sweepd.store.run_lines import list_pieces


def branch_point(run_id: str, config: str) -> tuple[str, int] | None:
    """The parent's id and the last step taken from it; None for a run that is no fork."""
    if '"branch_point"' not in config:
        return None
    point = private_part(parse_line(config)).get("branch_point")
    if not isinstance(point, dict) or point.get("run_id") == run_id:
        return None  # a rewound run names itself: its own rows were cut already
    parent, step = point.get("run_id"), point.get("step")
    if not isinstance(parent, str) or isinstance(step, bool) or not isinstance(step, int | float):
        return None
    return parent, int(step)


def begin(connection: Connection, blobs: Blobs, run: Run, config: str) -> Run:
    """Let a run without rows begin with those of the run its config names.

    Raises:
        NotFound: There is no such run in the project.
    """
    point = branch_point(run.run_id, config)
    if point is None or run.history_lines:
        return run
    parent = runs.find_run(connection, run.project_pk, point[0], lock=True)
    if parent is None:
        raise NotFound(
            f"run {run.run_id} cannot be forked from {point[0]}: there is no such run in "
            f"{run.entity}/{run.project}; if it is one of another machine, sync it first"
        )
    n_lines, last_step = until_step(connection, blobs, parent, point[1])
    values: dict[str, Any] = {"history_lines": n_lines, "last_step": last_step}
    values |= _begun_with(connection, parent, n_lines)
    runs.update_run(connection, run.pk, values)
    return replace(run, **values)


def _begun_with(connection: Connection, parent: Run, n_lines: int) -> dict[str, int | None]:
    """Columns of a run that begins with another's lines: who holds the last of them."""
    while n_lines <= parent.inherited_lines and parent.parent_pk is not None:
        parent = runs.get_run_by_pk(connection, parent.parent_pk, lock=True)
    return {"parent_pk": parent.pk if n_lines else None, "inherited_lines": n_lines}


def parts(connection: Connection, run: Run) -> list[tuple[int, int, int | None]]:
    """Whose lines make up a history: (run's key, first line, line before which it ends)."""
    if run.parent_pk is not None:  # it may have become its own since this was read
        run = runs.find_run_by_pk(connection, run.pk) or run
    found: list[tuple[int, int, int | None]] = [(run.pk, run.inherited_lines, None)]
    while run.parent_pk is not None:
        end = run.inherited_lines
        # Lines are copied before the run they lie in goes.
        parent = runs.get_run_by_pk(connection, run.parent_pk)
        found.append((parent.pk, parent.inherited_lines, end))
        run = parent
    return found[::-1]


def pieces(
    connection: Connection,
    blobs: Blobs,
    run: Run,
    first_line: int = 0,
    end_line: int | None = None,
    min_step: int | None = None,
    max_step: int | None = None,
) -> list[Piece]:
    """The pieces of a history from `first_line` to before `end_line`, a parent's first; steps as in
    `list_pieces`."""
    found: list[Piece] = []
    for pk, first, end in parts(connection, run):
        stop = end if end_line is None else end_line if end is None else min(end, end_line)
        start = max(first, first_line)
        if stop is None or start < stop:
            found += list_pieces(
                connection, blobs, pk, Stream.HISTORY, start, stop, min_step, max_step
            )
    return found


def until_step(connection: Connection, blobs: Blobs, run: Run, step: int) -> tuple[int, int]:
    """How many lines a run has before the first one beyond a step, and the step of the last."""
    n_lines = run.history_lines
    for pk, number, end in parts(connection, run):
        first = _first_beyond(connection, blobs, pk, number, end, step)
        if first is not None:
            n_lines = first
            break
    last = last_line(connection, blobs, run, n_lines)
    return n_lines, step_of(parse_line(last)) if last is not None else -1


def _first_beyond(
    connection: Connection, blobs: Blobs, pk: int, number: int, end: int | None, step: int
) -> int | None:
    while True:
        found = list_pieces(
            connection, blobs, pk, Stream.HISTORY, number, end, min_step=step + 1, limit=1
        )
        if not found:
            return None
        for piece in each(found):
            beyond = np.flatnonzero(piece.steps() > step)
            if len(beyond):
                return piece.first + int(beyond[0])
            number = piece.first + piece.n


def last_line(connection: Connection, blobs: Blobs, run: Run, n_lines: int) -> str | None:
    """The last of a run's first `n_lines` history lines."""
    for pk, first, end in reversed(parts(connection, run)):
        if first < n_lines:
            end = n_lines if end is None else min(end, n_lines)
            line = find_last_line(connection, blobs, pk, Stream.HISTORY, end)
            if line is not None:
                return line
    return None


def cut(connection: Connection, run: Run, n_lines: int) -> None:
    """Leave a run only its first history lines; its forks keep what they began with."""
    keep_for_forks(connection, run, n_lines)
    history.delete_lines(connection, run.pk, Stream.HISTORY, max(n_lines, run.inherited_lines))
    values: dict[str, int | None] = {"history_lines": n_lines}
    if n_lines < run.inherited_lines and run.parent_pk is not None:
        parent = runs.get_run_by_pk(connection, run.parent_pk)
        values |= _begun_with(connection, parent, n_lines)
    runs.update_run(connection, run.pk, values)


def keep_for_forks(connection: Connection, run: Run, first_line: int) -> None:
    """Before a run's lines from `first_line` on change or go: copy what its forks read there.

    The fork that reads most gets them; the others read them there from now on.
    """
    forks = runs.list_forks(connection, run.pk, first_line)
    if not forks:
        return
    longest = forks[0]
    history.copy_lines(connection, run.pk, longest.pk, run.inherited_lines, longest.inherited_lines)
    runs.update_run(
        connection,
        longest.pk,
        {"parent_pk": run.parent_pk, "inherited_lines": run.inherited_lines},
    )
    for fork in forks[1:]:
        runs.update_run(connection, fork.pk, {"parent_pk": longest.pk})


def before_overwriting(connection: Connection, run: Run, first_line: int) -> None:
    """A client says lines again, which may differ: what was inherited becomes the run's own."""
    keep_for_forks(connection, run, first_line)
    if first_line >= run.inherited_lines:
        return
    for pk, first, end in parts(connection, run)[:-1]:
        assert end is not None
        runs.find_run_by_pk(connection, pk, lock=True)  # its lines stay where they are meanwhile
        history.copy_lines(connection, pk, run.pk, first, end)
    runs.update_run(connection, run.pk, {"parent_pk": None, "inherited_lines": 0})
