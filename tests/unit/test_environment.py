"""`make sweep` and `make test` say what they set up; the former sets up nothing of the tests."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.unit.test_files import ROOT
from tools import environment


def wheel(folder: Path, name: str, needs: str = "") -> None:
    """A package of a module that holds nothing."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{name}-1.0.dist-info/METADATA", metadata + needs)
        file.writestr(
            f"{name}-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr(f"{name}-1.0.dist-info/RECORD", "")


@pytest.mark.slow
def test_a_set_up_tells_what_is_missing_and_how_much_it_is(tmp_path: Path) -> None:
    wheel(tmp_path, "above", "Requires-Dist: below\n")
    wheel(tmp_path, "below")

    def set_up(*wanted: str) -> tuple[int, str]:
        environ = os.environ | {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(tmp_path),
            "PIP_CONFIG_FILE": os.devnull,
        }
        command = [sys.executable, ROOT / "tools/environment.py", tmp_path / "venv", *wanted]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    code, said = set_up("above")
    assert code == 0, said
    assert "a virtual environment of Python" in said
    assert re.search(r"2 packages, 0\.0 MB to download: (above|below) 0\.0 MB", said)
    assert "WARNING" not in said and said.endswith("is ready\n")
    modules = {path.name for path in tmp_path.glob("venv/lib/*/site-packages/*.py")}
    assert {"above.py", "below.py"} <= modules

    code, said = set_up("above")
    assert code == 0 and "all are there" in said and "making" not in said

    code, said = set_up("absent")
    assert code == 1 and "absent" in said, said
    assert "pip's words" in said.splitlines()[-1]


def test_sizes_that_nobody_tells_are_left_out_and_said(tmp_path: Path) -> None:
    file = tmp_path / "a.whl"
    file.write_bytes(b"x" * 2_500_000)
    packages = [
        environment.Package("a", "1", file.as_uri()),
        environment.Package("b", "1", (tmp_path / "b.whl").as_uri()),
    ]
    sizes = [environment.size(package) for package in packages]
    assert sizes == [2_500_000, None]
    told = environment.sentence(packages, sizes)
    assert told == "2 packages, at least 2.5 MB to download: a 2.5 MB"


def test_what_runs_needs_nothing_of_the_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def names(lines: list[str]) -> set[str]:
        found = (re.match(r"[\w.-]+", line) for line in lines)
        return {match[0].lower() for match in found if match}

    of_tests = names(project["optional-dependencies"]["dev"]) - {"sweepd"}
    of_runs = names((ROOT / "requirements.txt").read_text().splitlines())
    assert {"pytest", "ruff", "mypy", "playwright"} <= of_tests
    assert of_tests & (of_runs | names(project["dependencies"])) == {"pytest"}

    makefile = (ROOT / "Makefile").read_text()
    rules = dict(re.findall(r"^([\w$()/.-]+): (.*)$", makefile, re.M))
    assert rules["sweep"].startswith("$(VENV)/.ready") and "$(VENV)/.tests" in rules["test"]
    ready = makefile.split("$(VENV)/.ready: ")[1].split("\n\n")[0]
    assert "-e .\n" in ready and "dev" not in ready and "grep -v '^pytest' req" in ready
