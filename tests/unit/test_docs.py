"""What the documentation must name."""

from dataclasses import fields
from pathlib import Path

from sweepd.settings import Settings
from sweepd.store.schema import metadata

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_with_its_help() -> None:
    text = (ROOT / "docs/settings.md").read_text()
    assert len(fields(Settings)) > 10
    for item in fields(Settings):
        line = f"| `{item.name}` | `SWEEPD_{item.name.upper()}` |"
        assert line in text, item.name
        assert item.metadata["help"] in text, item.name


def test_every_table_is_documented() -> None:
    text = (ROOT / "docs/storage.md").read_text()
    assert len(metadata.tables) > 20
    for name in metadata.tables:
        assert f"`{name}`" in text, name
