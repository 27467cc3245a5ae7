"""Text leaves the server packed (gzip), for whoever takes it so.

Long bodies are packed in a thread, so that nobody waits for them. What is packed has a weak ETag in
place of a strong one, and who asks with a weak one is compared by the strong one. Left as they are:
short bodies, parts of files, streams of events (each must arrive at once) and what is packed
already.
"""

import zlib

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES = 1000  # less fits into one packet as it is
LONG_BYTES = 32_768  # packed in a thread: a third of a millisecond and more
LEVEL = 1  # a tenth of the time of the highest, for a seventh more bytes
KINDS = ("text/", "application/json", "application/javascript", "image/svg+xml", "application/xml")
GZIP = 16 + zlib.MAX_WBITS


def takes_gzip(headers: Headers) -> bool:
    """Whether who asks reads gzip."""
    return is_taken(headers.get("accept-encoding", ""))


def is_taken(accepted: str) -> bool:
    """Whether gzip is among the encodings that a header accepts."""
    for item in accepted.lower().split(","):
        name, _, weight = item.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def is_text(content_type: str) -> bool:
    """Whether bodies of a kind are packed; events are not."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith(KINDS) and kind != "text/event-stream"


class Compressed:
    """Packs what the application answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] == "HEAD":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not takes_gzip(headers):
            await self._app(scope, receive, _Varying(send))
            return
        if "if-none-match" in headers:
            scope = {**scope, "headers": _compared_strongly(scope["headers"])}
        await self._app(scope, receive, _Packing(send))


def _compared_strongly(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [
        (name, value.replace(b'W/"', b'"') if name == b"if-none-match" else value)
        for name, value in headers
    ]


class _Varying:
    """Says of text that it could come otherwise."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if is_text(headers.get("content-type", "")):
                headers.add_vary_header("Accept-Encoding")
        await self._send(message)


class _Packing:
    """Sends one answer on, packed where that is worth it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._packer: zlib._Compress | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif self._start is not None:
            await self._first(self._start, message)
        elif self._packer is not None:
            await self._send({**message, "body": await self._packed(self._packer, message)})
        else:
            await self._send(message)

    async def _first(self, start: Message, message: Message) -> None:
        """Decide by the first part, and send it."""
        self._start = None
        headers = MutableHeaders(scope=start)
        if not is_text(headers.get("content-type", "")) or "content-encoding" in headers:
            await self._send(start)
            await self._send(message)
            return
        headers.add_vary_header("Accept-Encoding")
        is_whole = not message.get("more_body", False)
        is_short = is_whole and len(message.get("body", b"")) < LEAST_BYTES
        if is_short or start["status"] != 200 or "accept-ranges" in headers:
            await self._send(start)
            await self._send(message)
            return
        self._packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        body = await self._packed(self._packer, message)
        headers["Content-Encoding"] = "gzip"
        if is_whole:
            headers["Content-Length"] = str(len(body))
        else:
            del headers["Content-Length"]
        if (tag := headers.get("etag", "")).startswith('"'):
            headers["ETag"] = f"W/{tag}"
        await self._send(start)
        await self._send({**message, "body": body})

    async def _packed(self, packer: "zlib._Compress", message: Message) -> bytes:
        body, is_last = message.get("body", b""), not message.get("more_body", False)

        def pack() -> bytes:
            return packer.compress(body) + (packer.flush() if is_last else b"")

        return await run_in_threadpool(pack) if len(body) > LONG_BYTES else pack()
