"""What the documentation must name, and what lies in `deploy/` must at least be read."""

import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from sweepd.settings import Settings
from sweepd.store.schema import metadata

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_with_its_help() -> None:
    text = (ROOT / "docs/settings.md").read_text()
    for item in fields(Settings):
        line = f"| `{item.name}` | `SWEEPD_{item.name.upper()}` |"
        assert line in text, item.name
        assert item.metadata["help"] in text, item.name


def test_every_table_is_documented() -> None:
    text = (ROOT / "docs/storage.md").read_text()
    for name in metadata.tables:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("path", sorted((ROOT / "deploy").glob("*.sh")), ids=lambda p: p.name)
def test_deploy_script_can_be_read_by_a_shell(path: Path) -> None:
    subprocess.run(["sh", "-n", path], check=True)


@pytest.mark.parametrize("path", sorted((ROOT / "deploy").glob("*.yaml")), ids=lambda p: p.name)
def test_deploy_manifest_is_yaml_that_starts_our_commands(path: Path) -> None:
    documents = list(yaml.safe_load_all(path.read_text()))
    assert documents and all(isinstance(document, dict) for document in documents)
    assert "serve" in path.read_text()
