"""Which other pages may show ours in a frame: notebooks at origins the operator names, no others.

A frame shows what its reader may see, and the page around it reads nothing of it: not the page, not
the session, not a key. Its cookie stays SameSite=Lax, so a notebook on another site shows nothing:
the form to sign in (status 401, or its own address) and the page of keys are in no frame at all.
"""

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sweepd.domain.errors import BadInput

SETTING = "SWEEPD_FRAME_ORIGINS"
_OWN = "frame-ancestors 'self'"
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:([0-9]{1,5}|\*))?\Z")
_NEVER = ("/authorize", "/-/account")


def read_origins(text: str) -> tuple[str, ...]:
    """The setting's origins, parted by commas: `http://localhost:8888, https://*.lab.example`.

    Raises:
        BadInput: One is none.
    """
    found = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in found:
        if not _ORIGIN.match(origin):
            raise BadInput(
                f"{SETTING} names origins such as http://localhost:8888 (the port may be *) or "
                f"https://*.lab.example; got {origin[:100]!r}"
            )
    return found


class Framed:
    """Lets pages at some origins show ours in a frame."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._allowed = f"{_OWN} {' '.join(origins)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].endswith(_NEVER):
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] != 401:
                headers = MutableHeaders(scope=message)
                policy = headers.get("content-security-policy", "")
                if policy.endswith(_OWN):
                    headers["content-security-policy"] = policy.removesuffix(_OWN) + self._allowed
            await send(message)

        await self._app(scope, receive, answer)
