"""Runs forked from others (`wandb.init(fork_from="id?_step=N")`): whose rows make up a history."""

from sweepd.domain.runs import Run
from sweepd.services.streams import parse_line
from sweepd.store import runs
from sweepd.store.database import Connection

MAX_GENERATIONS = 100


def branch_point(run: Run) -> tuple[str, int] | None:
    """The parent's id and the last step taken from it; None for a run that is no fork."""
    if '"branch_point"' not in run.config:
        return None
    private = parse_line(run.config).get("_wandb")
    value = private.get("value") if isinstance(private, dict) else None
    point = value.get("branch_point") if isinstance(value, dict) else None
    if not isinstance(point, dict) or point.get("run_id") == run.run_id:
        return None  # a rewound run names itself: its own rows were cut already
    run_id, step = point.get("run_id"), point.get("step")
    if not isinstance(run_id, str) or isinstance(step, bool) or not isinstance(step, int | float):
        return None
    return run_id, int(step)


def ancestors(connection: Connection, run: Run) -> list[tuple[Run, int]]:
    """The runs before a fork, oldest first, each with the last step that counts.

    A parent that was deleted still counts; one that was purged ends the line.
    """
    found: list[tuple[Run, int]] = []
    seen, last_step = {run.pk}, None
    point = branch_point(run)
    while point is not None and len(found) < MAX_GENERATIONS:
        parent = runs.find_run(connection, run.project_pk, point[0], deleted=True)
        if parent is None or parent.pk in seen:
            break
        seen.add(parent.pk)
        last_step = point[1] if last_step is None else min(last_step, point[1])
        found.append((parent, last_step))
        point = branch_point(parent)
    return found[::-1]
