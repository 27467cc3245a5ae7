"""A connection whose peer takes nothing of what is written is closed, and what works for it ends.

Whatever way an answer goes, it waits in the transport while the peer does not read. So the
connections of a server are looked at now and then: where something waits, nothing more is written
until all of it went out, and what is left, here and in the kernel, must have become less within a
certain time. A peer that is slow but moves goes on, however long its answer takes.
"""

import asyncio
import fcntl
import struct
import termios
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

LOOKS = 8  # within the time that a peer may take nothing


class Taking:
    """Looks at the open connections of one server."""

    def __init__(self, take_s: float) -> None:
        """`take_s`: seconds within which a peer takes something of what waits for it."""
        self._take_s = take_s
        self._open: set[TakenProtocol] = set()
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, connection: "TakenProtocol") -> None:
        """Look at this one, too."""
        self._open.add(connection)
        if self._timer is None:
            self._timer = connection.loop.call_later(self._take_s / LOOKS, self._look)

    def leave(self, connection: "TakenProtocol") -> None:
        """It is gone; once more does nothing."""
        self._open.discard(connection)
        if not self._open and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._take_s / LOOKS, self._look)
        for connection in tuple(self._open):
            connection.look(loop.time(), self._take_s)


def in_kernel(transport: asyncio.Transport) -> int:
    """Bytes of a connection that the kernel holds, as its peer has not taken them; 0 where unknown.

    A kernel that holds megabytes for a slow peer asks for more only when a third of them has gone.
    """
    socket = transport.get_extra_info("socket")
    try:
        told = fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, bytes(4)) if socket else bytes(4)
    except (OSError, ValueError):  # it was closed
        return 0
    return int(struct.unpack("i", told)[0])


class TakenProtocol(HttpToolsProtocol):
    """A connection that knows whether its peer takes what is written."""

    taking: Taking | None = None
    _answered: RequestResponseCycle | None = None  # by the application, as the latest
    _is_held = False  # nothing more is written until all went out
    _has_gone_out = False  # all that waited, since it was looked at
    _left = 0  # bytes that waited then
    _moved_at = 0.0  # by the loop's clock: then they had become less

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.taking is not None:
            self.taking.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.taking is not None:
            self.taking.leave(self)
        # uvicorn tells the request that came last; others may have been sent before this answer.
        cycle = self._answered
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        self._has_gone_out = True
        super().resume_writing()

    def look(self, now: float, take_s: float) -> None:
        """Close the connection if its peer has taken nothing for so long of what waits."""
        waiting = self.transport.get_write_buffer_size()
        left = waiting and waiting + in_kernel(self.transport)
        if not waiting:
            self._hold(False)
        elif not self._is_held or self._has_gone_out or left < self._left:
            self._hold(True)
            self._moved_at = now
        elif now - self._moved_at >= take_s:
            self.transport.abort()
        self._left, self._has_gone_out = left, False

    def _hold(self, is_held: bool) -> None:
        if is_held != self._is_held:
            self._is_held = is_held
            self.transport.set_write_buffer_limits(high=0 if is_held else None)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)
