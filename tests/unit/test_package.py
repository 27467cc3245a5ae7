"""What is installed and what is handed on: the wheel and the source distribution are whole."""

import tomllib
from fnmatch import fnmatch

from tests.unit.test_files import ROOT, tracked


def test_every_file_of_the_package_is_in_the_wheel() -> None:
    """A template or a page's module that no pattern names is missed only once installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["sweepd"]
    for path in tracked("sweepd/*"):
        name = path.relative_to(ROOT / "sweepd")
        is_named = any(
            fnmatch(f"/{name}", f"/{pattern}".replace("**/", "*")) for pattern in patterns
        )
        assert path.suffix == ".py" or is_named, f"{path}: add it to package-data in pyproject.toml"


def test_the_source_distribution_holds_every_folder() -> None:
    lines = (ROOT / "MANIFEST.in").read_text().splitlines()
    grafted = {line.split()[1] for line in lines if line.startswith("graft ")}
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}
    assert folders == grafted
