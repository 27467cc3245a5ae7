"""The address that a command for another machine names, and what is to be said where there is none.

Who opens a page by 127.0.0.1 is told commands for machines that cannot reach that: what they are
offered is an address they can, or nothing without a word.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from sweepd.web.root import base_url

ALONE = (
    "This server listens on its own machine only, and there alone this works. For other machines "
    "start it with --host 0.0.0.0, or set SWEEPD_PUBLIC_URL to the address of a proxy before it."
)
NAMED = (
    "Under this name the server's machine knows itself. If others know it by another, set "
    "SWEEPD_PUBLIC_URL."
)
NAMELESS = (
    "On other machines this address is their own: put the name of the server's machine in its "
    "place, or set SWEEPD_PUBLIC_URL."
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where agents find the server; `note` is empty where nothing is to be said of it."""

    address: str
    note: str = ""


def reach_of(request: Request) -> Reach:
    """What to tell other machines: the public address, else the one the page was opened by, if it
    is not one by which each machine means itself; else this machine's name, if they can come in."""
    settings = request.app.state.settings
    opened = base_url(request)
    if not is_own(opened):
        return Reach(opened)
    if settings.public_url:
        return Reach(opened, NAMELESS)
    if settings.is_loopback:
        return Reach(opened, ALONE)
    name = socket.gethostname() if settings.host in ("0.0.0.0", "::") else settings.host
    named = f"http://{f'[{name}]' if ':' in name else name}:{_port(request)}"
    return Reach(opened, NAMELESS) if is_own(named) else Reach(named, NAMED)


def is_own(address: str) -> bool:
    """Whether each machine means itself by an address: it has no host, or a loopback one."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:  # a Host header that is no host
        return True
    if not host or host == "localhost" or host.endswith((".localhost", ".localdomain")):
        return True
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def _port(request: Request) -> int:
    """The port that was really taken, which may have been left to the system."""
    server = request.scope.get("server")
    return int(server[1]) if server and server[1] else int(request.app.state.settings.port)
