"""The requests that every client sends all the time, without frames between socket and service.

Middleware, routes and requests as objects cost several times what a heartbeat does. Here the same
functions answer that the routes call, and the same table makes errors of exceptions, so an answer
is the same whichever way it came; `sweepd/express.py` reads and writes it. Whatever is unusual in a
request (large, packed, without a key known a moment ago) is left to the routes before anything is
done.
"""

from collections.abc import Coroutine, Mapping
from typing import Any, NamedTuple

from starlette.datastructures import State

from sweepd.domain.authorization import read_key
from sweepd.domain.encoding import to_json
from sweepd.domain.errors import SweepdError
from sweepd.domain.nesting import LONG
from sweepd.domain.patience import Patience
from sweepd.domain.users import Caller
from sweepd.services.people.users import digest_key
from sweepd.wandb_api import errors
from sweepd.wandb_api.bodies import read_object
from sweepd.wandb_api.file_stream import read_post
from sweepd.wandb_api.graphql_endpoint import run_document

MAX_BYTES = LONG  # of a body that is read on the event loop
STREAM = "file_stream"

Headers = Mapping[bytes, bytes]


class Answer(NamedTuple):
    """What is answered, as JSON."""

    status: int
    headers: list[tuple[bytes, bytes]]  # beside length, and what follows from how it is sent
    body: bytes


class Express:
    """Answers GraphQL requests and posts of a file stream. For the event loop."""

    def __init__(self, state: State, prefix: str = "") -> None:
        """`state`: the application's; `prefix`: the path of a proxy before every address."""
        self._state, self._prefix = state, prefix

    def digest_of(self, headers: Headers) -> str:
        """Of the key in the headers, as the owner is remembered by it; empty without a key."""
        try:
            return digest_key(read_key(headers.get(b"authorization", b"").decode("latin-1")))
        except (SweepdError, ValueError):
            return ""

    def caller_of(self, digest: str) -> Caller | None:
        """The owner of the key, known a moment ago; None when the routes have to look."""
        caller: Caller | None = self._state.services.users.cached(digest)
        return caller

    def begin(
        self,
        path: str,
        caller: Caller,
        headers: Headers,
        body: bytes,
        waits: Patience,
        address: str,
    ) -> Coroutine[Any, Any, Answer] | None:
        """The work of answering a POST; None, with nothing done, when the routes have to.

        Args:
            path: As it came, in ASCII, without a query.
            caller: As `caller_of` says.
            headers: By their names in small letters, each there once.
            body: The whole, of MAX_BYTES at most.
            waits: How long and how much the sender waits for.
            address: Scheme and host the client reached us by.
        """
        if len(body) > self._state.settings.max_body_bytes:
            return None
        if self._prefix and path.startswith(self._prefix + "/"):
            path = path[len(self._prefix) :]
        try:
            if path == "/graphql":
                given = read_object(body, self._state.settings.max_body_items)
                return self._graphql(caller, given, headers, waits, address)
            if (run := _run_of(path)) is None:
                return None
            given = read_object(body, self._state.settings.max_body_items)
            return self._post(caller, run, given, headers)
        except (SweepdError, ValueError):  # of the body
            return None  # the routes say what is wrong with it

    async def _graphql(
        self, caller: Caller, given: dict[str, Any], headers: Headers, waits: Patience, address: str
    ) -> Answer:
        try:
            is_shared = headers.get(b"x-wandb-use-async-filestream") == b"true"
            base = (self._state.settings.public_url or address).rstrip("/")
            data = await run_document(self._state, caller, given, waits, base, is_shared)
            return Answer(200, [], to_json({"data": data}))
        except Exception as error:
            return _failed(error)

    async def _post(
        self, caller: Caller, run: tuple[str, str, str], given: dict[str, Any], headers: Headers
    ) -> Answer:
        try:
            client_id = headers.get(b"x-wandb-async-client-id")
            client = None if client_id is None else client_id.decode("latin-1")
            history = self._state.services.history
            entity, project, name = run
            stopped = await history.append_async(
                caller, entity, project, name, read_post(given), client
            )
            return Answer(200, [], b'{"stopped":true}' if stopped else b"{}")
        except Exception as error:
            return _failed(error)


def _run_of(path: str) -> tuple[str, str, str] | None:
    """Entity, project and name of the run whose file stream a path is; None for any other."""
    parts = path.split("/")
    if len(parts) != 6 or parts[:2] != ["", "files"] or parts[5] != STREAM or not all(parts[2:5]):
        return None
    return parts[2], parts[3], parts[4]


def _failed(error: Exception) -> Answer:
    response = errors.response(error)
    own = (b"content-length", b"content-type")
    headers = [(name, value) for name, value in response.raw_headers if name not in own]
    return Answer(response.status_code, headers, bytes(response.body))
