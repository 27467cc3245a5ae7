"""What the documentation tells names files that are there."""

import re
from pathlib import Path

import pytest

from tests.unit.test_files import ROOT, tracked

NAMED = re.compile(
    r"`((?:sweepd|tests|bench|docs|deploy|wandb_api|services|store|web|search)/[\w/.-]+)`"
)
LINK = re.compile(r"\]\(([^)#: ]+)(?:#[^)]*)?\)")
PAGES = [*tracked("docs/*.md"), *tracked("*.md")]


PATCHES = "".join(path.read_text() for path in tracked("docs/first-changes/*.patch"))


def is_there(name: str) -> bool:
    """A file or folder, a decision by its number, or what a first change would add."""
    for root in (ROOT, ROOT / "sweepd"):
        if (root / name).exists() or list((root / name).parent.glob(f"{Path(name).name}-*")):
            return True
    return f"+++ b/{name}" in PATCHES


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_files_a_page_names_are_there(page: Path) -> None:
    if page.name == "CHANGELOG.md":  # tells of what was
        return
    for name in NAMED.findall(page.read_text()):
        assert is_there(name), name


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_pages_name_files_and_have_links() -> None:
    """Or the tests above would look at nothing."""
    texts = [page.read_text() for page in PAGES]
    assert sum(len(NAMED.findall(text)) for text in texts) > 100
    assert sum(len(LINK.findall(text)) for text in texts) > 30
