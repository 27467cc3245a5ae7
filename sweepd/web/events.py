"""News for open pages as server-sent events: only what changed, never how.

A browser's pages share one stream, which names the sweeps and runs that they show. A page that is
slow to read misses nothing and queues nothing: news are merged until they are sent, and the page
then fetches what changed once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sweepd.domain.errors import BadInput, NotFound, SweepdError, Unavailable
from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.web.event_streams import EventStreams
from sweepd.web.responses import json_response, secure, told_of
from sweepd.web.session import services_of, visitor_of

LEAST_S = 0.8  # between two news of one stream
BEAT_S = 15.0  # a comment that keeps proxies from closing a quiet line
LOOK_S = 1.0  # how often to see whether the server is stopping
ASK_S = 10.0  # how often to see whether the listener may still hear
MAX_TOPICS = 100  # of one stream

Topics = dict[tuple[str, int], str]  # what changes, by kind and key, and the page's name for it


async def events(request: Request) -> Response:
    """GET /-/events?topic=sweeps/{entity}/{project}/{sweep}&topic=runs/…"""

    def find() -> tuple[str, Topics]:
        caller = visitor_of(request).caller
        return caller.name, _topics(services_of(request), caller, request)

    try:
        user, topics = await run_in_threadpool(find)
    except SweepdError as error:
        status, message = told_of(error)
        return json_response({"error": message}, status)
    state = request.app.state
    if not hasattr(state, "event_streams"):
        state.event_streams = EventStreams()
    if not state.event_streams.has_room(user):
        return json_response({"error": "too many open pages; this one polls"}, 503)
    return StreamingResponse(
        _news(request, topics, user, find),
        media_type="text/event-stream",
        headers=secure({"X-Accel-Buffering": "no"}),
    )


def _topics(services: Services, caller: Caller, request: Request) -> Topics:
    """What the request wants to hear of, without what is not there or not the caller's to see.

    Raises:
        BadInput: A topic is written in another way.
        NotFound: Nothing is left.
    """
    wanted = request.query_params.getlist("topic")[:MAX_TOPICS]
    found: Topics = {}
    for topic in wanted:
        kind, *path = (unquote(part) for part in topic.split("/"))
        if kind not in ("sweeps", "runs") or len(path) != 3:
            raise BadInput("a topic is sweeps/ENTITY/PROJECT/SWEEP or runs/ENTITY/PROJECT/RUN")
        with contextlib.suppress(NotFound):
            if kind == "sweeps":
                found["sweep", services.sweeps.get(caller, *path).pk] = topic
            else:
                found["run", services.runs.get(caller, *path).pk] = topic
    if not found:
        raise NotFound("none of these sweeps and runs is there")
    return found


async def _may_hear(find: Callable[[], tuple[str, Topics]], topics: Topics) -> bool:
    """Whether the session has not ended; forgets what its user sees no longer."""
    try:
        _, seen = await run_in_threadpool(find)
    except Unavailable:  # the database, for now
        return True
    except SweepdError:
        return False
    for key in topics.keys() - seen.keys():
        del topics[key]
    return True


async def _news(
    request: Request, topics: Topics, user: str, find: Callable[[], tuple[str, Topics]]
) -> AsyncIterator[str]:
    state = request.app.state
    loop = asyncio.get_running_loop()
    changed: set[str] = set()
    is_changed = asyncio.Event()

    def note(topic: str) -> None:
        changed.add(topic)
        is_changed.set()

    def listener(kind: str, pk: int) -> None:
        topic = topics.get((kind, pk))
        if topic is not None:
            with contextlib.suppress(RuntimeError):  # the loop may be closing
                loop.call_soon_threadsafe(note, topic)

    streams: EventStreams = state.event_streams
    place = streams.open(user)
    if place is None:  # taken since
        return
    stop_listening = services_of(request).changes.listen(listener)
    try:
        yield "retry: 3000\n\n"
        quiet, asked_at = 0.0, loop.time()
        while not (getattr(state, "is_stopping", False) or place.is_set()):
            if loop.time() - asked_at >= ASK_S:
                asked_at = loop.time()
                if not await _may_hear(find, topics):
                    return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(is_changed.wait(), LOOK_S)
            if changed:
                news = "".join(f"event: changed\ndata: {topic}\n\n" for topic in sorted(changed))
                changed.clear()
                is_changed.clear()
                quiet = 0.0
                yield news
                await asyncio.sleep(LEAST_S)
                continue
            quiet += LOOK_S
            if quiet >= BEAT_S:
                quiet = 0.0
                yield ": still here\n\n"
    finally:
        stop_listening()
        streams.close(user, place)
