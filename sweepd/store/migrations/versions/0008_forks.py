"""Forks keep which lines they read in their parent, and number their own lines after these."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("runs", sa.Column("parent_pk", _key))
    op.add_column(
        "runs", sa.Column("inherited_lines", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_index("ix_runs_parent_pk", "runs", ["parent_pk"])
    _convert(op.get_bind())


def _convert(connection: sa.Connection) -> None:
    """Until now the parent was looked up by the config at each reading."""
    rows = connection.execute(
        sa.text(
            "SELECT id, project_id, run_id, config FROM runs "
            "WHERE config LIKE '%\"branch_point\"%' ORDER BY id"
        )
    ).all()
    forks = {row.id: (row.project_id, point) for row in rows if (point := _branch_point(row))}
    done: set[int] = set()
    for pk in forks:
        line: list[int] = []  # a fork, its parent, and so on: the eldest is converted first
        while pk in forks and pk not in done and pk not in line:
            line.append(pk)
            project, (parent, _) = forks[pk]
            pk = _find(connection, project, parent) or 0
        for fork in reversed(line):
            _convert_one(connection, fork, *forks[fork])
            done.add(fork)


def _convert_one(connection: sa.Connection, pk: int, project: int, point: tuple[str, int]) -> None:
    parent = _find(connection, project, point[0])
    if parent is None or pk in _ancestors(connection, parent):
        return
    n_lines, step = _count_until(connection, parent, point[1])
    far = 1 << 40  # numbers must not meet on the way
    for shift in (far, n_lines - far):
        connection.execute(
            sa.text(
                "UPDATE chunks SET first_line = first_line + :shift "
                "WHERE run_pk = :run AND stream = 0"
            ),
            {"shift": shift, "run": pk},
        )
    connection.execute(
        sa.text(
            "UPDATE runs SET parent_pk = :parent, inherited_lines = :n, "
            "history_lines = history_lines + :n, "
            "last_step = CASE WHEN last_step < :step THEN :step ELSE last_step END "
            "WHERE id = :run"
        ),
        {"parent": parent, "n": n_lines, "step": step, "run": pk},
    )


def _ancestors(connection: sa.Connection, pk: int | None) -> list[int]:
    found: list[int] = []
    while pk is not None:
        found.append(pk)
        pk = connection.execute(
            sa.text("SELECT parent_pk FROM runs WHERE id = :run"), {"run": pk}
        ).scalar()
    return found


def _count_until(connection: sa.Connection, pk: int, step: int) -> tuple[int, int]:
    """(lines of a run before the first one beyond `step`, the step of the last of them)."""
    last = -1
    end: int | None = None
    parts: list[tuple[int, int | None]] = []
    owner: int | None = pk
    while owner is not None:
        parts.append((owner, end))
        row = connection.execute(
            sa.text("SELECT parent_pk, inherited_lines FROM runs WHERE id = :run"), {"run": owner}
        ).one()
        owner, end = row[0], row[1] if end is None else min(row[1], end)
    number = 0
    for owner, end in reversed(parts):
        chunks = connection.execute(
            sa.text(
                "SELECT first_line, body FROM chunks WHERE run_pk = :run AND stream = 0 "
                "ORDER BY first_line"
            ),
            {"run": owner},
        )
        for first, body in chunks:
            lines = bytes(body).decode("utf-8", "surrogatepass").split("\n")
            for number, text in enumerate(lines if end is None else lines[: end - first], first):
                found = _step(text)
                if found > step:
                    return number, last
                last = max(last, found)
                number += 1
    return number, last


def _step(line: str) -> int:
    try:
        step = json.loads(line).get("_step")
    except (ValueError, AttributeError):
        return -1
    return step if isinstance(step, int) else -1


def _find(connection: sa.Connection, project: int, run_id: str) -> int | None:
    found = connection.execute(
        sa.text("SELECT id FROM runs WHERE project_id = :project AND run_id = :run"),
        {"project": project, "run": run_id},
    ).scalar()
    return None if found is None else int(found)


def _branch_point(row: Any) -> tuple[str, int] | None:
    try:
        point = json.loads(row.config)["_wandb"]["value"]["branch_point"]
        run_id, step = point["run_id"], point["step"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(run_id, str) or run_id == row.run_id or not isinstance(step, int | float):
        return None
    return run_id, int(step)
