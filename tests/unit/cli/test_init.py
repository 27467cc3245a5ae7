"""The command itself: what it is, and the words a shell may complete."""

import platform

import pytest
from typer.testing import CliRunner

from sweepd import __version__
from sweepd.cli import app
from sweepd.store.migrate import HEAD


def test_a_version_tells_itself() -> None:
    done = CliRunner().invoke(app, ["--version"])
    python = platform.python_version()
    assert done.output == f"sweepd {__version__}, schema {HEAD}, Python {python}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    done = CliRunner().invoke(app, ["--show-completion", shell])
    assert done.exit_code == 0 and "_SWEEPD_COMPLETE" in done.output, done.output
