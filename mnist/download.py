"""Fetch mnist.npz from where Keras hosts it, or give up within seconds.

`keras.datasets.mnist.load_data` would do, but it waits without limit when a network drops
packets, and writes the file in place, so that a run starting meanwhile reads half of it.
"""

import hashlib
import os
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
CONNECT_TIMEOUT_S = 3.0  # a host that answers at all does so well within this
DOWNLOAD_TIMEOUT_S = 120.0  # 11 MB at 100 kB/s
RETRY_AFTER_S = 3600.0  # a sweep of many runs waits for an absent network once, not every time


class DownloadError(Exception):
    """mnist.npz could not be fetched, or an attempt failed a short while ago."""


def download_mnist(target: Path, failure_marker: Path, url: str = URL) -> None:
    """Fetch mnist.npz to `target`; complete or not there at all, also when processes race.

    Args:
        target: Where the file goes; missing folders are made.
        failure_marker: A file touched when the download fails. While it is younger than
            RETRY_AFTER_S no further attempt is made.
        url: Where to fetch from.

    Raises:
        DownloadError: No network, no room, another content than Keras' file, or a recent failure.
    """
    if _is_recent(failure_marker):
        raise DownloadError(f"failed less than an hour ago; remove {failure_marker} to try again")
    fetch = _Fetch(url, target)
    fetch.start()
    # Looking up a name cannot be given a time limit, hence the thread, which may be left behind.
    if fetch.connected_or_failed.wait(CONNECT_TIMEOUT_S):
        fetch.join(DOWNLOAD_TIMEOUT_S)
        problem = "too slow" if fetch.is_alive() else fetch.problem
    else:
        problem = _no_answer()
    if problem:
        try:
            failure_marker.parent.mkdir(parents=True, exist_ok=True)
            failure_marker.touch()
        except OSError:
            problem += "; this failure could not be noted, so the next run will try again"
        raise DownloadError(f"{url}: {problem}")


def _no_answer() -> str:
    return f"no answer within {CONNECT_TIMEOUT_S:g} s"


class _Fetch(threading.Thread):
    """One download; `problem` is empty when it went well."""

    def __init__(self, url: str, target: Path) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.target = target
        self.connected_or_failed = threading.Event()
        self.problem = ""

    def run(self) -> None:
        try:
            with urllib.request.urlopen(self.url, timeout=CONNECT_TIMEOUT_S) as response:
                self.connected_or_failed.set()
                content = response.read()
            if hashlib.sha256(content).hexdigest() != SHA256:
                self.problem = f"{len(content)} bytes came, but not those of Keras' mnist.npz"
            else:
                write_aside(self.target, content)
        except TimeoutError:
            self.problem = _no_answer()
        except (OSError, ValueError) as error:  # URLError and HTTPError are OSErrors
            is_late = isinstance(getattr(error, "reason", None), TimeoutError)
            self.problem = _no_answer() if is_late else str(error)
        finally:
            self.connected_or_failed.set()


def write_aside(target: Path, content: bytes) -> None:
    """Write a file under a temporary name and rename it, so nobody ever sees half of it.

    Raises:
        OSError: No room, or no right to write there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary_name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as temporary:
            temporary.write(content)
        os.replace(temporary_name, target)
    except BaseException:
        os.unlink(temporary_name)
        raise


def _is_recent(marker: Path) -> bool:
    try:
        return time.time() - marker.stat().st_mtime < RETRY_AFTER_S
    except FileNotFoundError:
        return False
