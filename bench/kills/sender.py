"""A client that sends a request until it is answered, as the stock one does, only sooner again."""

import asyncio
import base64
import hashlib
import json
import random
from typing import Any

from bench.load import Connection, Server

RUN = """mutation UpsertBucket($name: String, $project: String) {
  upsertBucket(input: {name: $name, modelName: $project}) { bucket { id name } } }"""
PROJECT = "kills"


class Refused(Exception):
    """An answer after which the stock client gives up."""


class Sender:
    """Requests one after the other on a connection that is opened again whenever it breaks."""

    def __init__(self, server: Server, seed: str) -> None:
        self._server = server
        self._connection: Connection | None = None
        self._rng = random.Random(seed)
        self.n_again = 0  # requests that were sent more than once
        self.statuses: dict[int, int] = {}  # answers other than 200

    async def send(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of the answer.

        Raises:
            Refused: The stock client would give up.
        """
        is_first = True
        while True:
            if not is_first:
                self.n_again += 1
                await asyncio.sleep(self._rng.uniform(0.05, 0.3))
            is_first = False
            try:
                if self._connection is None:
                    fresh = Connection(self._server)
                    await fresh.open()
                    self._connection = fresh
                status, answer = await self._connection.send(method, path, body)
            except (OSError, EOFError, IndexError):
                self.close()
                continue
            if status == 200:
                return answer
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status != 429 and (status < 500 or status == 501):
                raise Refused(f"{method} {path[:60]}: {status} {answer[:300]!r}")

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The `data` of a GraphQL answer."""
        body = json.dumps({"query": document, "variables": variables}).encode()
        return dict(json.loads(await self.send("POST", "/graphql", body))["data"])

    async def put(self, url: str, body: bytes) -> None:
        """Upload to a signed address."""
        await self.send("PUT", path_of(url), body)

    async def get(self, url: str) -> bytes:
        """Download."""
        return await self.send("GET", path_of(url))

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def path_of(url: str) -> str:
    """An address without its host."""
    return "/" + url.split("/", 3)[3]


def md5(body: bytes) -> str:
    """Base64, as the client writes it."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
