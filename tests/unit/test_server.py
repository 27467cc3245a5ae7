"""What the composition root makes."""

import asyncio
import socket
from pathlib import Path

from sweepd.listener import listen
from sweepd.settings import Settings


def test_answers_on_a_kept_connection_are_not_held_back(tmp_path: Path) -> None:
    """With Nagle's delay on, each answer waited 40 ms for the client's acknowledgement."""
    listener = listen(Settings(data=tmp_path, host="127.0.0.1", port=0))

    async def delay_is_off() -> bool:
        found: asyncio.Queue[int] = asyncio.Queue()

        def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            found.put_nowait(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(accept, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            is_off = await found.get() != 0
            writer.close()
            await writer.wait_closed()
            return is_off

    assert asyncio.run(delay_is_off())
