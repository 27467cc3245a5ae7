"""The socket a server listens on, and the address people open."""

import socket

from sweepd.domain.errors import BadInput
from sweepd.settings import Settings


def listen(settings: Settings) -> socket.socket:
    """The listening socket.

    Raises:
        BadInput: The address is taken or not ours; the message says what to do.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # TCP by name: asyncio leaves Nagle's delay on for sockets whose protocol it is not told, and
    # every answer on a kept connection then waits 40 ms for the client's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise BadInput(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; is a server "
            "already running there? Choose another with --port, or 0 for any free one"
        ) from error
    return listener


def address_of(settings: Settings, listener: socket.socket) -> str:
    """The address people open, with the port that was really taken."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = settings.host if settings.host not in ("0.0.0.0", "::") else socket.gethostname()
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"
