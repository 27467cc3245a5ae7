"""Runs in shared mode: several clients write one run, each counting its lines and steps from 0.

Their lines are appended in the order they arrive and get steps in that order; lines sent again are
known by how many their client has sent. Configs and summaries are laid over each other.
"""

import json
from typing import Any

from sweepd.domain.runs import Run
from sweepd.services.streams import Lines, StreamPost, parse_line
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
    if history:
        first = run.last_step + 1
        rows = [{**parse_line(line), "_step": first + i} for i, line in enumerate(history.lines)]
        history = Lines(history.first, [_line(row) for row in rows])
    console, n_console = [], run.console_lines
    for block in post.console:
        lines = after(Stream.CONSOLE, block, n_console)
        if lines:
            console.append(lines)
            n_console += len(lines.lines)
    summary = post.summary
    if summary is not None:
        summary = _line({**parse_line(run.summary), **parse_line(summary)})
    changed = StreamPost(
        history=history or None,
        events=post.events and after(Stream.EVENTS, post.events, run.events_lines),
        console=console,
        summary=summary,
        is_preempting=post.is_preempting,
        exitcode=post.exitcode,
        is_complete=post.is_complete,
    )
    return changed, rows


def merge_configs(old: str, new: str) -> str:
    """Two writers' configs as one: the newer value of each key, the environments of both."""
    before, after = parse_line(old), parse_line(new)
    merged = {**before, **after}
    private = [c.get("_wandb", {}).get("value") for c in (before, after)]
    if all(isinstance(value, dict) for value in private):
        value = {**private[0], **private[1]}
        environments = [p["e"] for p in private if isinstance(p.get("e"), dict)]
        if environments:
            value["e"] = {k: v for environment in environments for k, v in environment.items()}
        merged["_wandb"] = {"value": value}
    return _line(merged)


def _line(row: dict[str, Any]) -> str:
    """JSON text on one line; NaN and infinities stay as the client writes them."""
    return json.dumps(row, separators=(",", ":"))
