"""The runs table as a CSV file, read and sent a few hundred runs at a time."""

import contextlib
import math
from collections.abc import AsyncIterator, Iterator
from functools import partial
from urllib.parse import parse_qsl

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sweepd.domain import patience
from sweepd.domain.encoding import clean
from sweepd.domain.errors import BadInput, TooLarge
from sweepd.domain.nesting import load
from sweepd.domain.patience import Patience
from sweepd.domain.projects import Project
from sweepd.domain.spreadsheets import csv_text
from sweepd.services.all import Services
from sweepd.web.csv_rows import text_of_runs
from sweepd.web.projects import project_of
from sweepd.web.responses import (
    json_response,
    read_body,
    secure,
    told_of,
    worked_on,
)
from sweepd.web.session import check_csrf, visitor_of

MAX_RUNS = 100_000
RUNS_AT_ONCE = 500
MAX_COLUMNS = 2_000
MAX_FIELDS = 10  # of the form


async def runs_csv(request: Request) -> Response:
    """POST /-/projects/{entity}/{project}/runs.csv: the runs and columns a form names.

    The form's field `wanted` is JSON: `runs`, ids in the order wanted; `columns`, ids as the
    table has them (`config.lr`, `summary.loss`, `run.state`).
    """
    try:
        visitor = await run_in_threadpool(visitor_of, request)
        form = await run_in_threadpool(_read_form, await read_body(request))
        check_csrf(request, visitor, form.get("csrf", ""))
        ids, columns = await run_in_threadpool(_wanted, form.get("wanted", ""))
        work = partial(project_of, request, visitor)
        services, project = await worked_on(request, visitor, work)
    except Exception as error:
        status, message = told_of(error)
        return json_response({"error": message}, status)
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in project.name)
    lines = _texts(services, project, ids, columns)
    waits = patience.of(request.scope)
    waits.begin(math.inf)  # as long as somebody takes it
    return StreamingResponse(
        _bytes(_while_wanted(lines, waits)),
        media_type="text/csv",
        headers=secure({"Content-Disposition": f'attachment; filename="{name}-runs.csv"'}),
    )


def _texts(
    services: Services, project: Project, ids: list[str], columns: list[str]
) -> Iterator[str]:
    """The file's text, some hundred runs at a time, each read and written aside."""
    yield from csv_text(["run", "name", *columns], iter(()))
    for start in range(0, len(ids), RUNS_AT_ONCE):
        some = ids[start : start + RUNS_AT_ONCE]
        yield services.tables.offer(project.pk, text_of_runs, project, some, columns)


def _while_wanted(lines: Iterator[str], waits: Patience) -> Iterator[str]:
    """The lines, each read for this request."""
    with contextlib.suppress(TooLarge):  # nobody is there to be told
        while True:
            with patience.working_for(waits):
                text = next(lines, None)
            if text is None:
                return
            yield text


async def _bytes(lines: Iterator[str]) -> AsyncIterator[bytes]:
    async for text in iterate_in_threadpool(lines):
        yield clean(text).encode()


def _read_form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise BadInput(f"a form of this page has at most {MAX_FIELDS} fields") from error


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
