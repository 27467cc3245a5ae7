"""Begins a search process and waits to be killed.

    python -m tests.faults.search_host starting|idle|busy

Prints the search process's id: as soon as it has one, or once it can answer. Busy it computes, for
hours, within one call of native code that gives no other thread of its process a turn.
"""

import os
import sys
import threading

from sweepd.search.process import Worker
from tests.conftest import wait_until


def hang() -> None:
    """Never come back."""
    threading.Event().wait()


def main() -> None:
    """Never ends by itself."""
    worker = Worker()
    if sys.argv[1] == "starting":
        threading.Thread(target=worker.ask, args=(3600, hang), daemon=True).start()
        wait_until(lambda: worker.pid, 60, lambda: "no process")
        pid = worker.pid
    else:
        pid = worker.ask(60, os.getpid)
    print(pid, flush=True)
    if sys.argv[1] == "busy":
        worker.ask(3600, pow, 7, 10**9)
    threading.Event().wait()


if __name__ == "__main__":
    main()
