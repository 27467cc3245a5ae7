"""docs/works-with.md has a row and a small picture for every integration that is tried."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "works-with"
MOST_BYTES = 60_000


def examples() -> set[str]:
    """The names that tests/integrations tries."""
    found = {
        path.stem.removeprefix("example_")
        for path in (ROOT / "tests/integrations").glob("example_*")
    }
    assert len(found) > 10
    return found


def test_every_example_is_tried_and_has_a_row() -> None:
    text = (ROOT / "docs/works-with.md").read_text()
    assert set(re.findall(r"\(works-with/(\w+)\.png\) \|$", text, re.MULTILINE)) == examples()
    cases = (ROOT / "tests/integrations/cases.py").read_text()
    assert set(re.findall(r'Case\(\s*"(\w+)"', cases)) == examples()


def test_every_row_has_a_small_picture() -> None:
    pictures = {path.stem: path.stat().st_size for path in PICTURES.iterdir()}
    assert set(pictures) == examples()
    assert max(pictures.values()) <= MOST_BYTES, pictures
