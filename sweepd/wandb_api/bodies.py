"""Bodies: requests' read with a limit, unpacked with a limit; answers' written fast."""

import zlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.encoding import to_json
from sweepd.domain.errors import BadInput, TooLarge
from sweepd.domain.nesting import holds_more, load


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object in a request; see `read_sized_json`."""
    return (await read_sized_json(request))[0]


async def read_sized_json(request: Request) -> tuple[dict[str, Any], int]:
    """The JSON object in a request, gzipped or not, and how many bytes it is unpacked.

    Raises:
        TooLarge: More than the server's `max_body_bytes`, packed or unpacked.
        BadInput: Not a JSON object, or nested too deep.
    """
    limit: int = request.app.state.settings.max_body_bytes
    parts, size_bytes = [], 0
    unpack = zlib.decompressobj(31) if request.headers.get("content-encoding") == "gzip" else None
    async for part in request.stream():
        if unpack is not None:
            try:
                part = unpack.decompress(part, limit + 1 - size_bytes)
            except zlib.error as error:
                raise BadInput(f"the body says it is gzip, but: {error}") from error
        size_bytes += len(part)
        if size_bytes > limit:
            raise TooLarge(f"a request may have {limit} bytes; send less at once")
        parts.append(part)
    whole = b"".join(parts)
    max_items: int = request.app.state.settings.max_body_items
    if holds_more(whole, max_items):
        raise TooLarge(f"a request may hold {max_items:,} values; send less at once")
    try:
        body = load(whole or b"{}", "a request", orjson.loads)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"the body should be JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadInput(f"the body should be a JSON object, got a {type(body).__name__}")
    return body, size_bytes


def json_response(
    content: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A response that holds any value as JSON."""
    return Response(to_json(content), status, headers, media_type="application/json")
