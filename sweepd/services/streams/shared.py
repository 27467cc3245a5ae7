"""Runs in shared mode: several clients write one run, each counting its lines and steps from 0.

Their lines are appended in the order they arrive and get steps in that order. Lines of history and
system metrics sent again are known by how many their client has sent; console lines said again, as
a progress bar does, are rewritten where they stand. Configs and summaries are laid over each other.
"""

import json
from collections.abc import Iterator
from typing import Any

from sweepd.domain.config import PRIVATE, private_part
from sweepd.domain.runs import Run
from sweepd.services.streams.lines import Lines, StreamPost, parse_line
from sweepd.store import writers
from sweepd.store.database import Connection
from sweepd.store.history import Stream


def as_appended(
    connection: Connection, run: Run, post: StreamPost, client_id: str
) -> tuple[StreamPost, list[dict[str, Any]]]:
    """A client's post as it would look had it followed all lines of the run; and its history rows.

    Lines the client has sent before are left out.
    """

    def after(stream: Stream, block: Lines, n_stored: int) -> Lines | None:
        n_sent = writers.count_sent(connection, run.pk, client_id, stream)
        fresh = list(block.lines[max(0, n_sent - block.first) :])
        if not fresh:
            return None
        writers.set_sent(connection, run.pk, client_id, stream, block.first + len(block.lines))
        return Lines(n_stored, fresh)

    history = post.history and after(Stream.HISTORY, post.history, run.history_lines)
    rows: list[dict[str, Any]] = []
    last_step = run.last_step
    if history:
        rows = [
            {**parse_line(line), "_step": step}
            for step, line in enumerate(history.lines, last_step + 1)
        ]
        last_step += len(rows)
        history = Lines(history.first, [_line(row) for row in rows])
    summary = post.summary
    if summary is not None:
        merged = {**parse_line(run.summary), **parse_line(summary)}
        summary = _line(merged | ({"_step": last_step} if "_step" in merged else {}))
    changed = StreamPost(
        history=history or None,
        events=post.events and after(Stream.EVENTS, post.events, run.events_lines),
        console=list(_console(connection, run, post, client_id)),
        summary=summary,
        is_preempting=post.is_preempting,
        exitcode=post.exitcode,
        is_complete=post.is_complete and is_primary(run, client_id),
    )
    return changed, rows


def _console(connection: Connection, run: Run, post: StreamPost, client_id: str) -> Iterator[Lines]:
    """Console lines under the run's numbers: old ones where they stand, new ones last."""
    n_stored = run.console_lines
    for block in post.console:
        number, end = block.first, block.first + len(block.lines)
        before: writers.Place | None = None
        places = writers.list_places(connection, run.pk, client_id, number, end)
        for place in [*places, None]:
            upto = place.first_line if place else end
            if number < upto:  # not said before
                fresh = writers.Place(number, upto - number, n_stored)
                if before and before.end_line == number and _ends_at(before, n_stored):
                    n_lines = before.n_lines + fresh.n_lines
                    fresh = writers.Place(before.first_line, n_lines, before.position)
                writers.set_place(connection, run.pk, client_id, fresh)
                yield Lines(n_stored, block.lines[number - block.first : upto - block.first])
                n_stored += upto - number
                number = upto
            if place:
                upto = min(place.end_line, end)
                if number < upto:
                    at = place.position + number - place.first_line
                    yield Lines(at, block.lines[number - block.first : upto - block.first])
                    number = upto
                before = place


def _ends_at(place: writers.Place, position: int) -> bool:
    return place.position + place.n_lines == position


def is_primary(run: Run, client_id: str) -> bool:
    """Whether a client describes its machine in the config, as the primary does (`x_primary`).

    Its end is the run's end; what a worker says of its own leaves the run's state to the primary.
    Until one has shown itself, every client counts as primary.
    """
    primaries = private_part(parse_line(run.config)).get("e")
    return not isinstance(primaries, dict) or not primaries or client_id in primaries


def merge_configs(old: str, new: str) -> str:
    """Two writers' configs as one: the newer value of each key, the environments, metric
    definitions and charts of both."""
    before, after = parse_line(old), parse_line(new)
    merged = {**before, **after}
    first, second = private_part(before), private_part(after)
    if first and second:
        value = {**first, **second}
        for key in ("e", "visualize"):
            both = [p[key] for p in (first, second) if isinstance(p.get(key), dict)]
            if both:
                value[key] = {k: v for part in both for k, v in part.items()}
        definitions = {**_definitions(first.get("m")), **_definitions(second.get("m"))}
        if definitions:
            value["m"] = _listed(definitions)
        merged[PRIVATE] = {"value": value}
    return _line(merged)


_NAME, _GLOB, _STEP = "1", "2", "5"  # keys of a metric definition; the last counts in the list


def _definitions(listed: Any) -> dict[str, dict[str, Any]]:
    """Metric definitions by name, each naming its step metric instead of counting to it."""
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        return {}
    names = [str(item.get(_NAME) or item.get(_GLOB)) for item in listed]
    found = {}
    for name, item in zip(names, listed, strict=True):
        index = item.get(_STEP)
        is_known = isinstance(index, int) and 0 < index <= len(names)
        found[name] = {**item, _STEP: names[index - 1]} if is_known else dict(item)
    return found


def _listed(definitions: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    places = {name: i for i, name in enumerate(definitions, 1)}
    return [
        {**item, _STEP: places[item[_STEP]]} if item.get(_STEP) in places else item
        for item in definitions.values()
    ]


def _line(row: dict[str, Any]) -> str:
    """JSON text on one line; NaN and infinities stay as the client writes them."""
    return json.dumps(row, separators=(",", ":"))
