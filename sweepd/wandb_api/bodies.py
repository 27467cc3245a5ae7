"""Bodies: requests' read with a limit, unpacked with a limit; answers' written fast."""

import zlib
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.encoding import to_json
from sweepd.domain.errors import BadInput, TooLarge
from sweepd.domain.nesting import LONG, load
from sweepd.domain.users import Caller
from sweepd.services.people.shares import LARGE_BYTES, Shares

PIECE_BYTES = 1 << 20  # unpacked at once


def turn(request: Request, caller: Caller) -> AbstractAsyncContextManager[None]:
    """To be held while a request is read and worked on: of one caller's large ones two at once."""
    size = request.headers.get("content-length", "")
    is_small = size.isdecimal() and len(size) < 9 and int(size) <= LARGE_BYTES
    if is_small and "content-encoding" not in request.headers:
        return nullcontext()
    shares: Shares = request.app.state.services.shares
    return shares.of_large(caller.name)


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object in a request; see `read_sized_json`."""
    return (await read_sized_json(request))[0]


async def read_sized_json(request: Request) -> tuple[dict[str, Any], int]:
    """The JSON object in a request, gzipped or not, and how many bytes it is unpacked.

    What is long is unpacked and read in a thread, where others get their turn.

    Raises:
        TooLarge: More than the server's `max_body_bytes`, packed or unpacked, or `max_body_items`.
        BadInput: Not a JSON object, or nested too deep.
    """
    settings = request.app.state.settings
    limit: int = settings.max_body_bytes
    parts, size_bytes = [], 0
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes > limit:
            raise _too_large(limit)
        parts.append(part)
    whole = b"".join(parts)
    parts.clear()
    is_packed = request.headers.get("content-encoding") == "gzip"
    if not is_packed and size_bytes <= LONG:
        return read_object(whole, settings.max_body_items), size_bytes
    return await run_in_threadpool(_read_long, whole, is_packed, limit, settings.max_body_items)


def _read_long(
    whole: bytes, is_packed: bool, limit: int, max_items: int
) -> tuple[dict[str, Any], int]:
    if is_packed:
        whole = _unpacked(whole, limit)
    return read_object(whole, max_items), len(whole)


def _unpacked(packed: bytes, limit: int) -> bytes:
    unpack, parts, size_bytes = zlib.decompressobj(31), [], 0
    rest = packed
    while not unpack.eof:
        try:
            part = unpack.decompress(rest, PIECE_BYTES)
        except zlib.error as error:
            raise BadInput(f"the body says it is gzip, but: {error}") from error
        size_bytes += len(part)
        if size_bytes > limit:
            raise _too_large(limit)
        parts.append(part)
        rest = unpack.unconsumed_tail
        if not part and not rest and not unpack.eof:
            raise BadInput("the body says it is gzip, but it is cut off")
    if unpack.unused_data:
        raise BadInput("the body is gzip, and something follows; send one stream of gzip")
    return b"".join(parts)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"a request may have {limit} bytes; send less at once")


def read_object(whole: bytes, max_items: int) -> dict[str, Any]:
    """A whole body as a JSON object of at most so many values; nothing is an empty one.

    Raises:
        TooLarge: More values.
        BadInput: Not a JSON object, or nested too deep.
    """
    try:
        body = load(whole or b"{}", "a request", orjson.loads, max_items)
    except ValueError as error:
        raise BadInput(f"the body should be JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadInput(f"the body should be a JSON object, got a {type(body).__name__}")
    return body


def json_response(
    content: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A response that holds any value as JSON."""
    return Response(to_json(content), status, headers, media_type="application/json")
