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
from sweepd.web.answering import json_answer, message_of, secure, status_of
from sweepd.web.runs import run_of
from sweepd.web.session import services_of, visitor_of
from sweepd.web.sweeps import sweep_of

LEAST_S = 0.8  # between two news to one page
BEAT_S = 15.0  # a comment that keeps proxies from closing a quiet line
LOOK_S = 1.0  # how often to see whether the server is stopping
ASK_S = 10.0  # how often to see whether the listener may still hear
MAX_LISTENERS = 500  # beyond this, pages poll


async def sweep_events(request: Request) -> Response:
    """GET /-/sweeps/{entity}/{project}/{sweep}/events"""
    return await _stream(request, "sweep", lambda: sweep_of(request, visitor_of(request))[1].pk)


async def run_events(request: Request) -> Response:
    """GET /-/runs/{entity}/{project}/{run}/events"""
    return await _stream(request, "run", lambda: run_of(request, visitor_of(request))[1].pk)


async def _stream(request: Request, kind: str, find: Callable[[], int]) -> Response:
    try:
        pk = await run_in_threadpool(find)
    except SweepdError as error:
        return json_answer({"error": message_of(error, 0)}, status_of(error))
    state = request.app.state
    if getattr(state, "n_listeners", 0) >= MAX_LISTENERS:
        return json_answer({"error": "too many open pages; this one polls"}, 503)
    return StreamingResponse(
        _news(request, kind, pk, find),
        media_type="text/event-stream",
        headers=secure({"X-Accel-Buffering": "no"}),
    )


async def _may_hear(find: Callable[[], int]) -> bool:
    """Whether the session has not ended, and still sees what it listens to."""
    try:
        await run_in_threadpool(find)
    except Unavailable:  # the database, for now
        return True
    except SweepdError:
        return False
    return True


async def _news(
    request: Request, kind: str, pk: int, find: Callable[[], int]
) -> AsyncIterator[str]:
    state = request.app.state
    changes = services_of(request).changes
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def listener(changed_kind: str, changed_pk: int) -> None:
        if changed_kind == kind and changed_pk == pk:
            with contextlib.suppress(RuntimeError):  # the loop may be closing
                loop.call_soon_threadsafe(changed.set)

    stop_listening = changes.listen(listener)
    state.n_listeners = getattr(state, "n_listeners", 0) + 1
    try:
        yield "retry: 3000\n\n"
        quiet, asked_at = 0.0, loop.time()
        while not getattr(state, "is_stopping", False):
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
        state.n_listeners -= 1
