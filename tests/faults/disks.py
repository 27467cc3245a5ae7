"""Small disks of our own: tmpfs mounts that can be filled, grown and made read-only."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MB = 1 << 20


class Disk:
    """A mounted tmpfs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def resize(self, n_mb: int) -> None:
        """Make it larger or smaller."""
        _mount("-o", f"remount,size={n_mb}m", self.path)

    def make_read_only(self, is_read_only: bool) -> None:
        """Let nothing be written, or everything again; no file may be open for writing."""
        _mount("-o", f"remount,{'ro' if is_read_only else 'rw'}", self.path)

    def fill(self) -> Path:
        """Take all room there is; removing the file gives it back."""
        ballast = self.path / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(65_536))
            except OSError:
                pass
        return ballast


def can_be_made() -> bool:
    """Whether this user may mount."""
    return (
        os.getuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0
    )


@contextmanager
def disk(path: Path, n_mb: int) -> Iterator[Disk]:
    """A small disk at a path, gone afterwards."""
    path.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={n_mb}m,mode=700", "sweepd-test", path)
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)
