"""How our commands end early: by Ctrl-C, an engine's SIGTERM, a closed terminal's SIGHUP."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Each of the signals becomes KeyboardInterrupt, at once or when what must not stop is over."""

    def __init__(self) -> None:
        self._is_held = self._came = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Within, in the main thread. What is ignored, as by `nohup`, stays ignored."""
        before = {number: signal.getsignal(number) for number in ENDING}
        before = {number: told for number, told in before.items() if told is not signal.SIG_IGN}
        for number in before:
            signal.signal(number, self._interrupt)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """While something begins that has to be known before it can be ended."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._came:
            self._came = False
            raise KeyboardInterrupt

    def _interrupt(self, number: int, frame: object) -> None:
        if self._is_held:
            self._came = True
        else:
            raise KeyboardInterrupt
