"""The runs table as a CSV file, read and sent a few hundred runs at a time."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sweepd.domain.encoding import clean
from sweepd.domain.errors import BadInput
from sweepd.domain.nesting import load
from sweepd.domain.runs import Run
from sweepd.domain.tables import csv_text
from sweepd.web import shapes
from sweepd.web.projects import project_of
from sweepd.web.responses import json_response, message_of, read_body, secure, status_of
from sweepd.web.session import check_csrf, visitor_of

MAX_RUNS = 100_000
MAX_COLUMNS = 2_000
_FACTS = {
    "run.state": "outcome",
    "run.steps": "n_steps",
    "run.agent": "agent",
    "run.sweep": "sweep",
    "run.notes": "notes",
    "run.group": "group",
    "run.user": "user",
    "run.attempt": "attempt",
    "run.created": "created_at",
}


async def runs_csv(request: Request) -> Response:
    """POST /-/projects/{entity}/{project}/runs.csv: the runs and columns a form names.

    The form's field `wanted` is JSON: `runs`, ids in the order wanted; `columns`, ids as the
    table has them (`config.lr`, `summary.loss`, `run.state`).
    """
    try:
        visitor = await run_in_threadpool(visitor_of, request)
        form = dict(parse_qsl((await read_body(request)).decode("utf-8", "replace")))
        check_csrf(request, visitor, form.get("csrf", ""))
        ids, columns = _wanted(form.get("wanted", ""))
        services, project = await run_in_threadpool(project_of, request, visitor)
    except Exception as error:
        status = status_of(error)
        return json_response({"error": message_of(error, status)}, status)
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in project.name)
    rows = _rows(services.overviews.runs_named(project, ids), columns)
    lines = csv_text(["run", "name", *columns], rows)
    return StreamingResponse(
        _bytes(lines),
        media_type="text/csv",
        headers=secure({"Content-Disposition": f'attachment; filename="{name}-runs.csv"'}),
    )


async def _bytes(lines: Iterator[str]) -> AsyncIterator[bytes]:
    async for text in iterate_in_threadpool(lines):
        yield clean(text).encode()


def _wanted(text: str) -> tuple[list[str], list[str]]:
    try:
        wanted = load(text, "`wanted`")
        ids, columns = wanted["runs"], wanted["columns"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("expected a form field `wanted` with JSON: runs and columns") from error
    for value, most in ((ids, MAX_RUNS), (columns, MAX_COLUMNS)):
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not is_list or len(value) > most:
            raise BadInput(f"runs and columns are lists of at most {most:,} names")
    return ids, columns


def _rows(runs: Iterator[Run], columns: list[str]) -> Iterator[list[Any]]:
    for run in runs:
        row = shapes.from_run(run)
        yield [run.run_id, run.display_name, *(_value(run, row, column) for column in columns)]


def _value(run: Run, row: dict[str, Any], column: str) -> Any:
    part, _, key = column.partition(".")
    if part in ("config", "summary"):
        return row[part].get(key)
    if column == "run.tags":
        return ", ".join(row["tags"])
    if column == "run.duration":
        return _duration_s(run)
    return row.get(_FACTS.get(column, ""))


def _duration_s(run: Run) -> float | None:
    """From a run's start to its end, or to now while it runs."""
    if run.started_at is None:
        return None
    end = run.ended_at or datetime.now(UTC)
    return round((end - run.started_at).total_seconds(), 3)
