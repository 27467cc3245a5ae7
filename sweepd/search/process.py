"""The processes beside the server: each loads what it needs, and ends when its server does."""

import os
import threading
from importlib import import_module
from multiprocessing import connection, parent_process


def begin() -> None:
    """Called once in the new process that searches."""
    _follow_parent()
    import_module("sweepd.search.bayes.bayes")


def begin_in_background() -> None:
    """Called once in a new process whose work can wait for whatever else this machine does."""
    _follow_parent()
    os.nice(10)


def _follow_parent() -> None:
    threading.Thread(target=_end_with_parent, name="sweepd-parent", daemon=True).start()


def _end_with_parent() -> None:
    """A server that is killed cannot say so, and the pool's own pipes stay open at our end."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
