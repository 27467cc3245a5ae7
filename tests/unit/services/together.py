"""Requests that reach a server while it writes, so that their own writes wait and go together."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sweepd import server
from sweepd.store.database import Connection
from tests.conftest import awaited, wait_until

Deed = Callable[[], object]


def together(parts: server.Parts, deeds: Sequence[Deed], takes_sweep: bool) -> list[Any]:
    """What deeds come to (an error where they fail) whose writes wait, in this order, for one that
    is being made.

    Args:
        takes_sweep: They are hand-outs and ends of runs; else heartbeats, posts and beginnings.
    """
    db = parts.core.db
    queue: Any = (db._writer or db._shared[takes_sweep])._jobs
    began, gate = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        began.set()
        gate.wait(60)

    with ThreadPoolExecutor(len(deeds) + 1) as threads:
        if db.is_sqlite:
            held = threads.submit(db.write, hold)
        else:
            held = threads.submit(lambda: awaited(db.write_async(hold, tuple, takes_sweep)))
        assert began.wait(60)
        told: list[Future[object]] = []
        try:
            for n, deed in enumerate(deeds, 1):
                told.append(threads.submit(deed))
                wait_until(lambda n=n: queue.qsize() >= n, 60, lambda: "no write came")  # type: ignore[misc]
        finally:
            gate.set()
        held.result()
    return [future.exception() or future.result() for future in told]
