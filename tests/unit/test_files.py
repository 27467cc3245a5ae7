"""Rules about files that no other test would notice."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Files git knows, or would on the next commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listing.splitlines() if (ROOT / line).exists()]


def test_pages_use_nothing_from_elsewhere() -> None:
    for path in tracked("sweepd/web/*"):
        if path.suffix in {".html", ".js", ".css"}:
            text = path.read_text()
            for scheme in ("https://", "http://"):
                hosts = {part.split("/")[0] for part in text.split(scheme)[1:]}
                assert hosts <= {"www.w3.org", "127.0.0.1"}, f"{path}: {hosts}"


def test_no_tracked_file_is_large() -> None:
    for path in tracked():
        assert path.stat().st_size < 1_500_000, path


def test_keys_of_ours_are_named_pk() -> None:
    """A column's old name would only fail when its query runs."""
    old = re.compile(r"\bc?\.?(user|project|entity|artifact|collection|membership)_id\b")
    for path in tracked("sweepd/store/*.py"):
        if path.parent.name == "store":
            assert not (found := old.search(path.read_text())), f"{path}: {found}"
