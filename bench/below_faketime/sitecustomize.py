"""Sleeps of Python below libfaketime: its own ends them at once, or with an error (EINVAL), because
it takes what Python sleeps until, a monotonic time, for one of the clock that it fakes."""

import threading
import time


def sleep(seconds: float) -> None:
    """As `time.sleep`, by a wait that libfaketime leaves alone."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    threading.Event().wait(seconds)


time.sleep = sleep
