"""The process that searches: it loads what it needs, and ends when its server does."""

import os
import threading
from importlib import import_module
from multiprocessing import connection, parent_process


def begin() -> None:
    """Called once in the new process."""
    threading.Thread(target=_end_with_parent, name="sweepd-parent", daemon=True).start()
    import_module("sweepd.search.bayes.bayes")


def _end_with_parent() -> None:
    """A server that is killed cannot say so, and the pool's own pipes stay open at our end."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
