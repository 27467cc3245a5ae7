"""The runs table as a CSV file, read and sent a few hundred runs at a time."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import Run
from sweepd.web import shapes
from sweepd.web.answering import json_answer, message_of, read_body, secure, status_of
from sweepd.web.projects import project_of
from sweepd.web.session import check_csrf, visitor_of

MAX_RUNS = 100_000
MAX_COLUMNS = 2_000
ROWS_AT_ONCE = 200
_FACTS = {
    "run.state": "state",
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
        return json_answer({"error": message_of(error, status)}, status)
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in project.name)
    lines = _lines(services.overviews.runs_named(project, ids), columns)
    return StreamingResponse(
        _bytes(lines),
        media_type="text/csv",
        headers=secure({"Content-Disposition": f'attachment; filename="{name}-runs.csv"'}),
    )


async def _bytes(lines: Iterator[str]) -> AsyncIterator[bytes]:
    async for text in iterate_in_threadpool(lines):
        yield text.encode()


def _wanted(text: str) -> tuple[list[str], list[str]]:
    try:
        wanted = json.loads(text)
        ids, columns = wanted["runs"], wanted["columns"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("expected a form field `wanted` with JSON: runs and columns") from error
    for value, most in ((ids, MAX_RUNS), (columns, MAX_COLUMNS)):
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not is_list or len(value) > most:
            raise BadInput(f"runs and columns are lists of at most {most:,} names")
    return ids, columns


def _lines(runs: Iterator[Run], columns: list[str]) -> Iterator[str]:
    """Text of some hundred lines at a time, the header first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["run", "name", *columns])
    for number, run in enumerate(runs, start=1):
        row = shapes.from_run(run)
        writer.writerow(
            [
                _cell(run.run_id),
                _cell(run.display_name),
                *(_cell(_value(run, row, column)) for column in columns),
            ]
        )
        if number % ROWS_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


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


def _cell(value: Any) -> str:
    """A cell's text; what a spreadsheet would run as a formula gets a quote in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    is_formula = text[:1] in ("=", "+", "-", "@", "\t", "\r") and text != "-Infinity"
    return f"'{text}" if is_formula and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
