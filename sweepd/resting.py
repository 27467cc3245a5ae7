"""A connection between requests: what it is still working for, and when it is closed for resting.

uvicorn makes a timer anew for each answer. Here one timer looks, when its time is over, whether a
request came meanwhile.
"""

import asyncio
from collections import deque
from typing import Any, cast

from sweepd.domain import patience
from sweepd.domain.patience import Patience
from sweepd.taking import TakenProtocol


class RestingProtocol(TakenProtocol):
    """A connection that knows which of its requests are not answered yet."""

    timeout_keep_alive_task: asyncio.TimerHandle | None
    _rests_since = 0.0  # by the loop's clock, once all is answered

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._open: deque[Patience] = deque()

    def connection_lost(self, exc: Exception | None) -> None:
        for request in self._open:
            request.abandon()
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._open.append(patience.of(cast(dict[str, Any], self.scope)))

    def on_response_complete(self) -> None:
        self._open.popleft()
        self._rests_since = self.loop.time()
        is_armed = self.timeout_keep_alive_task is not None
        if self.pipeline or not is_armed or self.transport.is_closing():
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._open:
            return  # its answer sets the timer
        left_s = self._rests_since + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            ask_again = self.timeout_keep_alive_handler
            self.timeout_keep_alive_task = self.loop.call_later(left_s, ask_again)
        else:
            super().timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        """Nothing: the timer stays, whatever comes."""
