"""Sets up a virtual environment and says all the while what it is doing.

    python tools/environment.py .venv -r requirements.txt -e '.[client]'

Needs nothing but Python. pip decides what is missing, downloads and installs it; here stands what
one reads meanwhile: what is missing, how much of it is to be downloaded, how far that is.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIZE_TIMEOUT_S = 10
EVERY_S = 5  # a line at least as often, where lines cannot be drawn anew
NAMED = 4  # of the largest downloads


@dataclass(frozen=True)
class Package:
    """Something that pip would install."""

    name: str
    version: str
    url: str
    digest: str = ""  # sha256=…

    @property
    def requirement(self) -> str:
        """What pip is given: this file and no other."""
        return f"{self.name} @ {self.url}" + (f"#{self.digest}" if self.digest else "")


class Teller:
    """One line that is drawn anew in a terminal; elsewhere a line every few seconds."""

    def __init__(self, is_terminal: bool) -> None:
        self._is_terminal = is_terminal
        self._at = 0.0
        self._width = 0

    def say(self, text: str) -> None:
        """A line that stays."""
        self._clear()
        print(text, flush=True)
        self._at = time.monotonic()

    def show(self, text: str) -> None:
        """How far it is."""
        if self._is_terminal:
            print("\r" + text[:100].ljust(self._width), end="", flush=True)
            self._width = min(100, len(text))
        elif time.monotonic() - self._at >= EVERY_S:
            print(text, flush=True)
            self._at = time.monotonic()

    def _clear(self) -> None:
        if self._width:
            print("\r" + " " * self._width + "\r", end="")
            self._width = 0


def megabytes(n_bytes: float) -> str:
    """`1.2 MB`, `230 MB`."""
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 9.95e6 else f"{n_bytes / 1e6:.0f} MB"


def missing(report: dict[str, Any]) -> list[Package]:
    """What pip's report of a dry run names, but for folders such as the project itself."""
    found = []
    for item in report["install"]:
        link = item["download_info"]
        if "archive_info" in link:
            digest = str(link["archive_info"].get("hash") or "")
            metadata = item["metadata"]
            found.append(Package(metadata["name"], metadata["version"], link["url"], digest))
    return found


def size(package: Package) -> int | None:
    """Bytes of its file; None when its server does not tell."""
    address = urllib.parse.urlsplit(package.url)
    try:
        if address.scheme == "file":
            return Path(urllib.request.url2pathname(address.path)).stat().st_size
        request = urllib.request.Request(package.url, method="HEAD")
        with urllib.request.urlopen(request, timeout=SIZE_TIMEOUT_S) as response:
            told = response.headers.get("Content-Length")
    except (OSError, ValueError):
        return None
    return int(told) if told else None


def sentence(packages: Sequence[Package], sizes: Sequence[int | None]) -> str:
    """`12 packages, 345 MB to download: tensorflow 230 MB, …`."""
    known = sorted(
        ((n, package.name) for package, n in zip(packages, sizes, strict=True) if n is not None),
        reverse=True,
    )
    total = megabytes(sum(n for n, _ in known))
    bound = "" if len(known) == len(packages) else "at least "
    largest = ", ".join(f"{name} {megabytes(n)}" for n, name in known[:NAMED])
    more = ", …" if len(known) > NAMED else ""
    return f"{len(packages)} packages, {bound}{total} to download: {largest}{more}"


class Pip:
    """The pip of an environment."""

    def __init__(self, folder: Path, teller: Teller) -> None:
        self.folder = folder
        self.teller = teller
        self.python = folder / "bin" / "python"

    def run(self, *words: str) -> Iterator[str]:
        """Its lines; at least one, perhaps empty, each second, so that one can tell how far it is.

        Raises:
            SystemExit: It failed; what it said has been printed.
        """
        environ = os.environ | {
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            "PYTHONUNBUFFERED": "1",
        }
        command = [str(self.python), "-m", "pip", *words]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ
        )
        said: list[str] = []
        arrived = threading.Condition()

        def read() -> None:
            for line in process.stdout or ():
                with arrived:
                    said.append(line.rstrip())
                    arrived.notify()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        n_given = 0
        try:
            while reader.is_alive() or n_given < len(said):
                with arrived:
                    if n_given == len(said):
                        arrived.wait(1)
                    fresh = said[n_given:] or [""]
                    n_given = len(said)
                yield from fresh
        except BaseException:
            process.terminate()
            raise
        if process.wait() != 0:
            shown = [line for line in said if line and not line.startswith("Progress ")]
            self.teller.say("\n".join(shown[-30:]))
            raise SystemExit(
                "the packages could not be installed: above stands why, in pip's words"
            )

    def version(self) -> tuple[int, ...]:
        """Its version, as far as it is numbers."""
        lines = list(self.run("--version"))
        return tuple(int(part) for part in re.findall(r"\d+", " ".join(lines))[:2])


def plan(pip: Pip, wanted: Sequence[str]) -> list[Package]:
    """What is not installed yet of what is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        names: set[str] = set()
        for line in pip.run("install", "--dry-run", "--report", str(report), *wanted):
            if found := re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line):
                names.add(found[1])
            pip.teller.show(f"  asking what is needed: {len(names)} packages so far")
        return missing(json.loads(report.read_text()))


def install(pip: Pip, packages: Sequence[Package], total: int, progress: Sequence[str]) -> None:
    """Download and unpack exactly these, telling how far it is."""
    n_done = n_part = 0  # bytes
    n_before = len(list(pip.folder.glob("lib/*/site-packages/*.dist-info")))
    name, is_unpacking, begin = "", False, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.txt"
        exact.write_text("\n".join(package.requirement for package in packages))
        for line in pip.run("install", "--no-deps", *progress, "-r", str(exact)):
            if found := re.match(r"Collecting ([\w.-]+)", line):
                n_done, n_part, name = n_done + n_part, 0, found[1]
            elif found := re.match(r"Progress (\d+) of (\d+)", line):
                n_part = int(found[1])
            elif line.startswith("Installing collected"):
                is_unpacking = True
            if is_unpacking:
                n = len(list(pip.folder.glob("lib/*/site-packages/*.dist-info"))) - n_before
                pip.teller.show(f"  unpacking: {n} of {len(packages)} packages")
            else:
                far = f"{megabytes(n_done + n_part)} of {megabytes(total)}"
                pip.teller.show(f"  downloading: {far}, now {name}")
    pip.teller.say(f"  installed in {time.monotonic() - begin:.0f} s")


def main(folder: Path, wanted: Sequence[str]) -> None:
    """Make the environment unless it is there, and install what of the wanted is missing in it."""
    teller = Teller(sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
    pip = Pip(folder, teller)
    if not pip.python.exists():
        teller.say(f"making {folder}, a virtual environment of Python {sys.version.split()[0]}")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    if pip.version() < (24, 1):  # the first that tells how far a download is
        try:
            for _ in pip.run("install", "--upgrade", "pip"):
                teller.show("  a newer pip")
        except SystemExit:
            teller.say("  going on with the pip that is there")
    progress = ["--progress-bar", "raw"] if pip.version() >= (24, 1) else []
    teller.say("looking at which packages are missing (up to a minute)")
    packages = plan(pip, wanted)
    if packages:
        with ThreadPoolExecutor(8) as pool:
            sizes = list(pool.map(size, packages))
        teller.say(sentence(packages, sizes))
        install(pip, packages, sum(n or 0 for n in sizes), progress)
    else:
        teller.say("all are there")
    projects = [word for i, word in enumerate(wanted) if "-e" in wanted[max(0, i - 1) : i + 1]]
    if projects:
        for _ in pip.run("install", "--no-deps", *projects):
            teller.show("  this folder itself")
    teller.say(f"{folder} is ready")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
