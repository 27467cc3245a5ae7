"""Python's collector of cycles, which stops all threads while it looks through what is alive."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_held: list[tuple[int, int, int]] = []  # the thresholds before, once for each that holds them


@contextmanager
def young_only() -> Iterator[None]:
    """While a long text becomes values: look through what came last, not through all of it.

    Millions of values that all stay would be looked through again and again, for a second each.
    """
    with _lock:
        _held.append(_held[0] if _held else gc.get_threshold())
        gc.set_threshold(*_held[0][:2], 1 << 30)
    try:
        yield
    finally:
        with _lock:
            before = _held.pop()
            if not _held:
                gc.set_threshold(*before)
