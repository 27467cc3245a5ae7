"""A command at a terminal: what it prints is waited for, what a person types is sent."""

import os
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A process that believes a person watches it; ended with the `with` block."""

    def __init__(self, words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._ours, theirs = os.openpty()
        self._process = subprocess.Popen(
            words,
            cwd=cwd,
            env={**env, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            close_fds=True,
        )
        os.close(theirs)
        self.said = ""  # all of it, without colours
        self._read_to = 0

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(60)
        os.close(self._ours)

    def expect(self, text: str, timeout_s: float = 60) -> None:
        """Wait until the text is printed after what was expected last."""
        deadline = time.monotonic() + timeout_s
        while text not in self.said[self._read_to :]:
            left = deadline - time.monotonic()
            assert left > 0 and self._read(left), f"{text!r} was not printed:\n{self.said}"
        self._read_to = self.said.index(text, self._read_to) + len(text)

    def type(self, line: str) -> None:
        """Type a line and press return."""
        os.write(self._ours, f"{line}\n".encode())

    def wait(self, timeout_s: float = 60) -> int:
        """The exit code, once it has ended."""
        deadline = time.monotonic() + timeout_s
        while self._read(max(0.0, deadline - time.monotonic())):
            pass
        return self._process.wait(max(0.1, deadline - time.monotonic()))

    def _read(self, timeout_s: float) -> bool:
        """Take in what is printed; False at the end."""
        if not select.select([self._ours], [], [], timeout_s)[0]:
            return False
        try:
            found = os.read(self._ours, 65536)
        except OSError:  # Linux says so when the other side has closed
            return False
        self.said += _COLOURS.sub("", found.decode(errors="replace")).replace("\r", "")
        return bool(found)
