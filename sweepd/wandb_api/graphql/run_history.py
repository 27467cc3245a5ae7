"""What a run streamed, as the client reads it back."""

import json
from typing import Any

from ariadne import ObjectType
from ariadne.types import SchemaBindable

from sweepd.domain.fields import Fields
from sweepd.domain.runs import Alert, ConsoleLine, Run
from sweepd.services.streams.reading import Stream
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Info, ctx
from sweepd.wandb_api.graphql.paging import connection, read_start

run_type = ObjectType("Run")

DEFAULT_SAMPLES = 500


@run_type.field("historyTail")
def history_tail(run: Run, info: Info) -> str:
    """The last history line, as JSON text of a list of JSON texts."""
    line = ctx(info).services.reading.last_line(run, Stream.HISTORY)
    return json.dumps([line] if line is not None else [])


@run_type.field("eventsTail")
def events_tail(run: Run, info: Info) -> str:
    """The last line of system metrics, as JSON text of a list of JSON texts."""
    line = ctx(info).services.reading.last_line(run, Stream.EVENTS)
    return json.dumps([line] if line is not None else [])


@run_type.field("historyKeys")
def history_keys(run: Run, info: Info) -> dict[str, Any] | None:
    """Which keys were logged; null before the first."""
    return ctx(info).services.reading.keys(run)


@run_type.field("history")
def history(
    run: Run,
    info: Info,
    min_step: int | None = None,
    max_step: int | None = None,
    samples: int | None = None,
) -> list[str]:
    """History lines as text: a page of steps whole, or the whole run sampled."""
    reading = ctx(info).services.reading
    if min_step is not None or max_step is not None:
        return reading.lines(run, Stream.HISTORY, min_step, max_step)
    return reading.thinned_lines(run, Stream.HISTORY, _count(samples))


@run_type.field("events")
def events(run: Run, info: Info, samples: int | None = None) -> list[str]:
    """System metrics as text, sampled."""
    return ctx(info).services.reading.thinned_lines(run, Stream.EVENTS, _count(samples))


def _count(samples: int | None) -> int:
    return DEFAULT_SAMPLES if samples is None else samples


@run_type.field("sampledHistory")
def sampled_history(run: Run, info: Info, specs: list[str]) -> list[Any]:
    """One list of rows for each spec: `{"keys": […], "samples": n, "minStep": a, "maxStep": b}`.

    Both steps are inclusive here; only rows having all keys are given.
    """
    reading = ctx(info).services.reading
    answers: list[Any] = []
    for text in specs:
        spec = Fields(wire.read_json_object(text, "a history spec"), "a history spec")
        keys = spec.texts("keys")
        if keys is None:
            answers.append([])
            continue
        rows = reading.sample(
            run,
            keys,
            DEFAULT_SAMPLES if (n := spec.whole("samples")) is None else n,
            min_step=spec.whole("minStep"),
            max_step=spec.whole("maxStep"),
        )
        answers.append(rows)
    return answers


@run_type.field("parquetHistory")
def parquet_history(run: Run, info: Info, live_keys: list[str]) -> dict[str, Any]:
    """Nothing is exported: the first row is where the client begins to read pages of history.

    Clients 0.27 read no page at all when no row is told.
    """
    first = ctx(info).services.reading.first_row(run)
    row = {key: first[key] for key in live_keys if key in first} if first else None
    return {"parquet_urls": [], "live_data": [row] if row else []}


@run_type.field("logLines")
def log_lines(
    run: Run,
    info: Info,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    use_improved_pagination: bool | None = None,
) -> dict[str, Any]:
    """Console lines in order: the last few, or a page after a cursor."""
    start = read_start(after).n_skipped  # a line's cursor is the number of the next
    if last is not None:
        start = max(start, run.console_lines - max(0, last))
    n = None if first is None else max(0, first)
    end = None if n is None else start + n + 1  # one more tells whether there is a next page
    lines = ctx(info).services.reading.console(run, start, end)
    page = lines[:n]
    edges = [{"node": _line(line), "cursor": str(line.number + 1)} for line in page]
    return {
        "edges": edges,
        "page_info": {
            "end_cursor": edges[-1]["cursor"] if edges else None,
            "has_next_page": len(page) < len(lines),
        },
    }


@run_type.field("alerts")
def alerts(
    run: Run, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """What it called out, oldest first."""
    return connection(ctx(info).services.notices.page(run, read_start(after), first), _alert)


def _alert(found: Alert) -> dict[str, Any]:
    return {
        "title": found.title,
        "text": found.body,
        "severity": found.severity,
        "created_at": found.at,
    }


def _line(line: ConsoleLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "timestamp": line.timestamp,
        "level": "error" if line.is_error else "",
        "label": line.label,
        "line": line.text,
    }


bindables: list[SchemaBindable] = [run_type]
