"""The least that a request which writes can cost on this stack: a bare Starlette app on uvicorn.

Each request is read as JSON and written as one row of SQLite, `synchronous=FULL`; what waits is
committed together. `python -m bench.floor PORT FILE` serves it; `bench.hot_paths` measures it.
"""

import asyncio
import queue
import sqlite3
import sys
import threading
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MOST = 512  # rows of one commit


class Writer:
    """One thread that writes all."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._rows: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    async def write(self, row: bytes) -> None:
        """Return once the row is on disk."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rows.put((row, done))
        await done

    def _work(self) -> None:
        database = sqlite3.connect(self._path, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body BLOB)")
        while True:
            batch = [self._rows.get()]
            while len(batch) < MOST and not self._rows.empty():
                batch.append(self._rows.get())
            database.execute("BEGIN IMMEDIATE")
            for row, _ in batch:
                database.execute("INSERT INTO rows (body) VALUES (?)", (row,))
            database.execute("COMMIT")
            futures = [done for _, done in batch]
            futures[0].get_loop().call_soon_threadsafe(_settle, futures)


def _settle(futures: list[asyncio.Future[None]]) -> None:
    for done in futures:
        if not done.done():
            done.set_result(None)


def app(path: str) -> Starlette:
    """POST / writes the body; GET /healthz answers."""
    writer = Writer(path)

    async def post(request: Request) -> Response:
        body: Any = orjson.loads(await request.body())
        await writer.write(orjson.dumps(body))
        return Response(orjson.dumps({"data": {}}), media_type="application/json")

    async def healthz(_: Request) -> Response:
        return Response(b"ok")

    routes = [Route("/", post, methods=["POST"]), Route("/healthz", healthz)]
    return Starlette(routes=routes)


if __name__ == "__main__":
    uvicorn.run(
        app(sys.argv[2]), port=int(sys.argv[1]), log_level="warning", access_log=False, ws="none"
    )
