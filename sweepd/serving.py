"""A server from its start to its end: listening, the event loop, memory, and what is said."""

import asyncio
import contextlib
import gc
import os
import sys
from collections.abc import Callable

import anyio.to_thread

from sweepd import data_folder, local_address
from sweepd.domain.errors import Unavailable
from sweepd.http_server import HttpServer, Limits, allow_many_connections
from sweepd.listener import address_of, listen
from sweepd.server import Parts, build, make_app
from sweepd.settings import Settings
from sweepd.wandb_api.express import Express

SWITCH_S = 0.001  # what a thread may keep the interpreter from the others that want it
GC_THRESHOLD = 10_000  # objects more than before, of which some may be in cycles


def serve(settings: Settings, announce: Callable[[Parts, str], None], is_new: bool = False) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        announce: Called with the parts and the address once the server accepts connections.
        is_new: As in `server.build`.

    Raises:
        BadInput: The address cannot be listened on, or a server works on the folder already.
    """
    # The search process inherits this: proposing must not take the cores that train.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # A statement of the writing thread gives the interpreter away, and waits so long for it.
    sys.setswitchinterval(SWITCH_S)
    n_files = allow_many_connections()
    with data_folder.hold(settings):
        _serve(settings, announce, _limits(settings, n_files), is_new)


def _limits(settings: Settings, n_files: int) -> Limits:
    """What a connection may cost, when this process may open so many files."""
    most = settings.max_connections_per_address
    return Limits(
        settings.max_header_bytes,
        settings.max_headers,
        settings.header_s,
        min(most, max(1, n_files // 2)) if most else 0,
        settings.take_s,
    )


def _serve(
    settings: Settings, announce: Callable[[Parts, str], None], limits: Limits, is_new: bool
) -> None:
    listener = listen(settings)
    try:
        parts = build(settings, is_new=is_new)
    except BaseException:
        listener.close()
        raise
    if not settings.database:  # replicas share the folder of files
        parts.housekeeping.drop_cut_off()
    address = address_of(settings, listener)
    parts.delivering.telling.base = address.rstrip("/")
    app = make_app(parts)
    server = HttpServer(app, limits, Express(app.state, settings.path_prefix))

    async def run() -> None:
        task = asyncio.create_task(server.serve([listener]))
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        if server.started:
            _settle_memory()
            local_address.write(settings.data, address)
            await anyio.to_thread.run_sync(announce, parts, address)
        await task
        if not server.started:
            raise Unavailable("the server could not start; its log above says why")

    try:
        runner = asyncio.Runner(loop_factory=server.config.get_loop_factory())
        with contextlib.suppress(KeyboardInterrupt), runner:
            runner.run(run())
    finally:
        listener.close()
        parts.core.db.close()


def _settle_memory() -> None:
    """Keep the collector of reference cycles off what is there for good: code, schema, statements.

    It looked through all of that again and again, a quarter of a heartbeat's processor time. And
    cycles are rare here, so it may look for them less often.
    """
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    gc.enable()
