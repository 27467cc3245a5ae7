"""What the writes that every client causes read first, each in the order in which they ask.

On PostgreSQL those that wait share a transaction, and this is asked for all of them at once. What a
write asks that does not stand here is asked when it comes to that: it costs more and is as right.
A row that is taken for the write (a sweep's, a run's) comes before what it guards.
"""

from typing import Any

from sweepd.domain.runs import RunState
from sweepd.store import agents, cells, happenings, objectives, run_heads, runs, sweeps
from sweepd.store.prepared import Question


def of_heartbeat(agent_pk: int) -> list[Question]:
    """Of an agent that has a run."""
    return [agents.beating(agent_pk)]


def of_hand_out(agent_pk: int, run_id: str) -> list[Question]:
    """Of an agent without a run, which is given one of that id if it is given a new one."""

    def then(agent: Any) -> list[Question]:
        return [
            sweeps.by_pk(agent.sweep_pk, lock=True),
            runs.live_of(agent_pk),
            cells.next_queued(agent.sweep_pk),
            happenings.of_runs(),
            runs.taken(agent.project_pk, run_id),
        ]

    return [agents.beating(agent_pk)._replace(then=then)]


def of_upsert(entity_pk: int, project: str, run_id: str, begins: bool) -> list[Question]:
    """Of a client that says more of a run, or that it `begins`."""

    def then(run: Any) -> list[Question]:
        return _of_start(run) if begins else []

    return [runs.by_path(entity_pk, project, run_id)._replace(then=then)]


def of_post(
    entity_pk: int, project: str, run_id: str, has_lines: bool, ends: bool, is_shared: bool = False
) -> list[Question]:
    """Of a post of a run's client, which may end the run, or be one of several that share it."""

    def then(run: Any) -> list[Question]:
        found = []
        if run.sweep_pk is not None:
            found.append(sweeps.by_pk(run.sweep_pk, lock=ends))
            if has_lines:
                found.append(objectives.last_of(run.id))
        if ends and run.state == RunState.RUNNING:
            return [*found, *_of_change(run)]
        return [*found, *_of_start(run)]

    by_path = runs.by_path if ends or is_shared else run_heads.by_path
    return [by_path(entity_pk, project, run_id)._replace(then=then)]


def _of_start(run: Any) -> list[Question]:
    """Of a run that is running from then on."""
    return [] if run.state == RunState.RUNNING else _of_change(run)


def _of_change(run: Any) -> list[Question]:
    """Of a run whose state changes."""
    cell = [] if run.cell_pk is None else [cells.by_pk(run.cell_pk)]
    return [happenings.of_runs(), *cell]
