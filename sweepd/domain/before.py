"""Work that a write needs done before it: all wait while a write runs, so it is kept short."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_local = threading.local()


class WorkFirst(Exception):  # a request, not a fault
    """Ends a write that needs something computed; it is begun again once `work` has been done.

    Raised within writes only. Whoever waits for the write does the work; what it finds is kept
    where the write looks for it.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__("this write needs something computed before it")
        self.work = work


@contextmanager
def writing() -> Iterator[None]:
    """Mark what runs within as a write."""
    was, _local.writing = is_writing(), True
    try:
        yield
    finally:
        _local.writing = was


def is_writing() -> bool:
    """Whether this thread is in the middle of a write."""
    return getattr(_local, "writing", False)
