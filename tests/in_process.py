"""The application without a process and without a socket."""

from typing import Any

from anyio.from_thread import start_blocking_portal
from starlette.testclient import TestClient

from sweepd import server


class InProcess(TestClient):
    """Asks a server's application; `close` it.

    All requests share an event loop, as those of a server do. By itself Starlette's client begins
    a thread and a loop for each, which is half of what a request takes of a processor.
    """

    def __init__(self, parts: server.Parts, **options: Any) -> None:
        super().__init__(server.make_app(parts), raise_server_exceptions=False, **options)
        self._looping = start_blocking_portal()
        self.portal = self._looping.__enter__()

    def close(self) -> None:
        """End the loop; more than once is as good as once."""
        super().close()
        if self.portal is not None:
            self.portal = None
            self._looping.__exit__(None, None, None)
