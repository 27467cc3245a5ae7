"""The file stream: a run's history, events, summary and console as its client sends them.

The client stops uploading for good on most 4xx answers, so only what can never succeed gets one.
"""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.errors import BadInput, TooLarge
from sweepd.domain.fields import Fields, whole
from sweepd.domain.nesting import count_values, pruned
from sweepd.domain.users import Caller
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.wandb_api import errors
from sweepd.wandb_api.authentication import caller_of
from sweepd.wandb_api.bodies import json_response, read_sized_json, turn

HISTORY, EVENTS = "wandb-history.jsonl", "wandb-events.jsonl"
SUMMARY, CONSOLE = "wandb-summary.json", "output.log"
MAX_OFFSET = 2**53  # lines
MAX_VALUES = 4_000_000  # of all lines of a request; the client sends 10 MB at most
MAX_SMALL_BYTES = 200_000  # a body read so fast that it does not pay to do it in a thread


async def file_stream(request: Request) -> Response:
    """Take in one request of a run's client; says whether the run should stop."""
    try:
        caller = await caller_of(request)
        async with turn(request, caller):
            stopped = await _take_in(request, caller)
        return json_response({"stopped": True} if stopped else {})
    except Exception as error:
        return errors.response(error)


async def _take_in(request: Request, caller: Caller) -> bool:
    body, size_bytes = await read_sized_json(request)
    path, history = request.path_params, request.app.state.services.history
    run = caller, path["entity"], path["project"], path["run"]
    client_id = request.headers.get("x-wandb-async-client-id")
    if size_bytes < MAX_SMALL_BYTES:
        return bool(await history.append_async(*run, read_post(body), client_id))
    return await run_in_threadpool(lambda: history.append(*run, read_post(body), client_id))


def read_post(body: dict[str, Any]) -> StreamPost:
    """A request's body as values.

    Raises:
        BadInput: A part has another shape; the message names it.
    """
    files = body.get("files", {})
    files = {} if files is None else files
    if not isinstance(files, dict):
        raise BadInput("files should be an object of file name: lines")
    summary = _block(files, SUMMARY)
    console = _block(files, CONSOLE)
    exitcode = Fields(body).whole("exitcode")
    return StreamPost(
        history=_block(files, HISTORY),
        events=_block(files, EVENTS),
        console=(console,) if console else (),
        summary=summary.lines[-1] if summary else None,
        is_preempting=bool(body.get("preempting")),
        exitcode=exitcode,
        is_complete=bool(body.get("complete")),
    )


def _block(files: dict[str, Any], name: str) -> Lines | None:
    block = files.get(name)
    if block is None:
        return None
    lines = block.get("content") if isinstance(block, dict) else None
    first = block.get("offset", 0) if isinstance(block, dict) else None
    if not isinstance(lines, list):
        raise BadInput(f"{name} should be an object with an offset ≥ 0 and a list as content")
    first = whole(first, f"the offset of {name}", low=0, high=MAX_OFFSET)
    if not all(isinstance(line, str) for line in lines):
        raise BadInput(f"{name}: every line should be text")
    if not lines:
        return None
    if name != CONSOLE:  # whose brackets are text
        lines = [pruned(line) for line in lines]
        if sum(map(len, lines)) > MAX_VALUES:  # a value has a character at least
            _check_values(lines)
    # A line of ours ends where the client's does: one inside it would shift all later numbers.
    return Lines(first, [line.replace("\n", "\\n").rstrip("\r") for line in lines])


def _check_values(lines: list[str]) -> None:
    n_values = 0
    for line in lines:
        n_values += count_values(line, MAX_VALUES // 4)  # roughly, where it is little
        if n_values > MAX_VALUES:
            raise TooLarge(f"the lines of a request may hold {MAX_VALUES:,} values; send fewer")
