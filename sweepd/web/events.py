"""News for open pages as server-sent events: only that something changed, never what.

A page that is slow to read misses nothing and queues nothing: news are merged until they are sent,
and the page then fetches the present state once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sweepd.domain.errors import SweepdError, Unavailable
from sweepd.web.event_streams import EventStreams
from sweepd.web.responses import json_response, message_of, secure, status_of
from sweepd.web.runs import run_of
from sweepd.web.session import Visitor, services_of, visitor_of
from sweepd.web.sweeps import sweep_of

LEAST_S = 0.8  # between two news to one page
BEAT_S = 15.0  # a comment that keeps proxies from closing a quiet line
LOOK_S = 1.0  # how often to see whether the server is stopping
ASK_S = 10.0  # how often to see whether the listener may still hear


async def sweep_events(request: Request) -> Response:
    """GET /-/sweeps/{entity}/{project}/{sweep}/events"""
    return await _stream(request, "sweep", lambda visitor: sweep_of(request, visitor)[1].pk)


async def run_events(request: Request) -> Response:
    """GET /-/runs/{entity}/{project}/{run}/events"""
    return await _stream(request, "run", lambda visitor: run_of(request, visitor)[1].pk)


async def _stream(request: Request, kind: str, pk_of: Callable[[Visitor], int]) -> Response:
    def find() -> tuple[str, int]:
        visitor = visitor_of(request)
        return visitor.caller.name, pk_of(visitor)

    try:
        user, pk = await run_in_threadpool(find)
    except SweepdError as error:
        return json_response({"error": message_of(error, 0)}, status_of(error))
    state = request.app.state
    if not hasattr(state, "event_streams"):
        state.event_streams = EventStreams()
    if not state.event_streams.has_room(user):
        return json_response({"error": "too many open pages; this one polls"}, 503)
    return StreamingResponse(
        _news(request, kind, pk, user, find),
        media_type="text/event-stream",
        headers=secure({"X-Accel-Buffering": "no"}),
    )


async def _may_hear(find: Callable[[], object]) -> bool:
    """Whether the session has not ended, and still sees what it listens to."""
    try:
        await run_in_threadpool(find)
    except Unavailable:  # the database, for now
        return True
    except SweepdError:
        return False
    return True


async def _news(
    request: Request, kind: str, pk: int, user: str, find: Callable[[], object]
) -> AsyncIterator[str]:
    state = request.app.state
    changes = services_of(request).changes
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def listener(changed_kind: str, changed_pk: int) -> None:
        if changed_kind == kind and changed_pk == pk:
            with contextlib.suppress(RuntimeError):  # the loop may be closing
                loop.call_soon_threadsafe(changed.set)

    streams: EventStreams = state.event_streams
    place = streams.open(user)
    if place is None:  # taken since
        return
    stop_listening = changes.listen(listener)
    try:
        yield "retry: 3000\n\n"
        quiet, asked_at = 0.0, loop.time()
        while not (getattr(state, "is_stopping", False) or place.is_set()):
            if loop.time() - asked_at >= ASK_S:
                asked_at = loop.time()
                if not await _may_hear(find):
                    return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), LOOK_S)
            if changed.is_set():
                changed.clear()
                quiet = 0.0
                yield f"event: changed\ndata: {changes.count(kind, pk)}\n\n"
                await asyncio.sleep(LEAST_S)
                continue
            quiet += LOOK_S
            if quiet >= BEAT_S:
                quiet = 0.0
                yield ": still here\n\n"
    finally:
        stop_listening()
        streams.close(user, place)
