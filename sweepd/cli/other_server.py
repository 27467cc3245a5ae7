"""Another server of the same protocol, asked with the key that the stock client has for it."""

import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from sweepd.cli import local, proxies
from sweepd.cli.client import TIMEOUT_S, Client, stored_key
from sweepd.domain.errors import BadInput, NotSignedIn, Unavailable
from sweepd.settings import Settings

_READ_BYTES = 1 << 20
_CLOUD = {"https://wandb.ai": "https://api.wandb.ai"}  # whose pages and protocol lie apart


def is_address(source: str) -> bool:
    """Whether what was named is an address, and no file."""
    return source.startswith(("http://", "https://"))


def read_address(address: str) -> tuple[str, str, str]:
    """(server, entity, project) of a project's address, as its page has it.

    Raises:
        BadInput: It is none.
    """
    parts = urllib.parse.urlsplit(address)
    *below, entity, project = ["", "", *parts.path.strip("/").split("/")]
    if not parts.hostname or not entity or not project or parts.query or "@" in parts.netloc:
        raise BadInput(f"expected https://SERVER/ENTITY/PROJECT, got {address[:200]!r}")
    path = "/".join(part for part in below if part)
    server = f"{parts.scheme}://{parts.netloc}" + (f"/{path}" if path else "")
    unquote = urllib.parse.unquote
    return _CLOUD.get(server, server), unquote(entity), unquote(project)


class OtherServer:
    """Asks a server, and reads what its answers point to."""

    def __init__(self, url: str, key: str) -> None:
        self._client = Client(url, key)
        self._url = url

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer; see `Client.query`."""
        return self._client.query(document, **variables)

    def read(self, address: str) -> Iterator[bytes]:
        """The bytes at an address an answer named; the key goes to the server itself alone.

        Raises:
            BadInput: It is no address of the web: an answer opens no file of this machine.
            Unavailable: Nothing is there, or fewer bytes came than were announced.
        """
        address = urllib.parse.urljoin(f"{self._url}/", address)
        if not is_address(address):
            raise BadInput(f"{self._url} names a file at {address[:200]!r}, which is no address")
        request = urllib.request.Request(address)
        if _origin(address) == _origin(self._url):
            request.add_unredirected_header("Authorization", self._client.authorization)
        try:
            with proxies.open_url(request, TIMEOUT_S) as response:
                while part := response.read(_READ_BYTES):
                    yield part
        except (OSError, urllib.error.URLError, ValueError) as error:
            raise Unavailable(
                f"{_origin(address)}: a file could not be read ({error}); import again, which goes "
                "on from here"
            ) from error


def connect(settings: Settings, url: str) -> OtherServer:
    """A server, with the key that belongs to its address and to no other.

    Raises:
        NotSignedIn: There is none.
    """
    named = (os.environ.get("WANDB_BASE_URL") or "").rstrip("/")
    key = os.environ.get("WANDB_API_KEY") if named == url else None
    key = key or stored_key(url)
    if key is None and url == local.running_url(settings.data):
        key = local.read_key(settings)
    if key is None:
        raise NotSignedIn(
            f"no API key for {url}; run `wandb login --host {url}`, or set WANDB_BASE_URL to that "
            "address and WANDB_API_KEY to a key of it"
        )
    return OtherServer(url, key)


def _origin(address: str) -> str:
    parts = urllib.parse.urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
