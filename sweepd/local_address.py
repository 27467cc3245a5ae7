"""Where the server of a data folder listens now: `server.json` in that folder.

It only helps people and commands on this machine to find it: nothing depends on it.
"""

import contextlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from sweepd import __version__

NAME = "server.json"

log = logging.getLogger("sweepd")


@dataclass(frozen=True, slots=True)
class Address:
    """Of a server that runs, or was killed."""

    url: str
    pid: int


def read(data: Path) -> Address | None:
    """What the file says; None when there is none that can be read."""
    try:
        found = json.loads((data / NAME).read_text())
        return Address(str(found["url"]), int(found["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(data: Path, url: str) -> None:
    """Say where this process listens; a disk that refuses stops nobody."""
    text = json.dumps({"url": url, "pid": os.getpid(), "version": __version__})
    aside = data / f".{NAME}"
    try:
        aside.write_text(text)
        aside.replace(data / NAME)
    except OSError as error:
        log.warning("%s could not be written: %s", data / NAME, error.strerror)


def remove(data: Path) -> None:
    """Take it back, if it is ours."""
    found = read(data)
    if found is not None and found.pid == os.getpid():
        with contextlib.suppress(OSError):
            (data / NAME).unlink()
