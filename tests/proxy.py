"""A reverse proxy on loopback: in front of one server or several, at a path of its own.

Written for tests, in the manner of nginx's defaults: `Host` names the server behind, one request a
connection, bodies pass through as they come.
"""

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence

MOST_BYTES = 1 << 16
NOT_OURS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NOBODY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """Listens while the `with` block runs; requests go to the servers behind in turn."""

    def __init__(
        self,
        path: str = "",
        cuts_path: bool = False,
        keeps_host: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take a port; what stands behind is said later, since it wants to know our address.

        Args:
            path: What is passed on: only requests below it. "" is everything.
            cuts_path: Whether the servers behind get addresses without it.
            keeps_host: Whether `Host` is passed on as the client sent it.
        """
        self._path, self._cuts_path, self._keeps_host, self._tls = path, cuts_path, keeps_host, tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self.behind: Sequence[int] = ()
        self.asked: list[tuple[int, str]] = []  # (port behind, path) of what was passed on
        self.heads: list[str] = []  # the same whole, as it was sent to us
        self.n_uploaded = 0  # bytes of bodies, from clients to servers
        self.refused: list[str] = []  # what was asked for outside our path
        self._turn = itertools.count()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """The address people and clients use."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{self._path}"

    def __enter__(self) -> "Proxy":
        self._start(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for side in list(self._open):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _start(self, work: Callable[..., None], *given: socket.socket) -> threading.Thread:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _listen(self) -> None:
        with contextlib.suppress(OSError):  # closed: the end
            while True:
                self._start(self._answer, self._listener.accept()[0])

    def _answer(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain, contextlib.ExitStack() as sides:
            client = plain
            if self._tls:
                client = sides.enter_context(self._tls.wrap_socket(plain, server_side=True))
            self._open.add(client)
            sides.callback(self._open.discard, client)
            head, _, begun = _read_head(client).partition(b"\r\n\r\n")
            port = self.behind[next(self._turn) % len(self.behind)]
            sent = self._head(head.decode("latin-1"), port) if head else None
            if sent is None:
                client.sendall(NOT_OURS)
                return
            try:
                server = sides.enter_context(socket.create_connection(("127.0.0.1", port)))
            except OSError:
                client.sendall(NOBODY)
                return
            self._open.add(server)
            sides.callback(self._open.discard, server)
            server.sendall(sent.encode("latin-1") + begun)
            self.n_uploaded += len(begun)
            upload = self._start(self._upload, client, server)
            _pass(server, client)
            client.shutdown(socket.SHUT_RDWR)
            upload.join(10)

    def _upload(self, client: socket.socket, server: socket.socket) -> None:
        for n_bytes in _passed(client, server):
            self.n_uploaded += n_bytes

    def _head(self, head: str, port: int) -> str | None:
        """What the server behind gets to read; None for an address that is not passed on."""
        first, *lines = head.split("\r\n")
        method, path, version = first.split(" ")
        if path != self._path and not path.startswith(f"{self._path}/"):
            self.refused.append(path)
            return None
        if self._cuts_path:
            path = path[len(self._path) :] or "/"
        self.asked.append((port, path))
        self.heads.append(head)
        dropped = {"connection"} | (set() if self._keeps_host else {"host"})
        kept = [line for line in lines if line.partition(":")[0].lower() not in dropped]
        if not self._keeps_host:
            kept.append(f"Host: behind.invalid:{port}")
        scheme = "https" if self._tls else "http"
        kept += ["Connection: close", f"X-Forwarded-Proto: {scheme}"]
        return "\r\n".join([f"{method} {path} {version}", *kept]) + "\r\n\r\n"


def _read_head(client: socket.socket) -> bytes:
    """All of the head, perhaps with the body's beginning; empty when the client left."""
    found = b""
    while b"\r\n\r\n" not in found:
        more = client.recv(MOST_BYTES)
        if not more:
            return b""
        found += more
    return found


def _passed(source: socket.socket, target: socket.socket) -> Iterator[int]:
    """Pass bytes on; how many, each time."""
    with contextlib.suppress(OSError):  # either side may leave
        while chunk := source.recv(MOST_BYTES):
            target.sendall(chunk)
            yield len(chunk)


def _pass(source: socket.socket, target: socket.socket) -> None:
    for _ in _passed(source, target):
        pass
