"""Commands that work on a server's database work on PostgreSQL, beside the servers that use it."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from sweepd.cli import app
from sweepd.domain.errors import SweepdError

# `restore` and `move` have an SQLite file of the data folder as their end or their beginning.
OF_THE_FOLDER = {"restore", "move"}

NOWHERE = "postgresql+psycopg://x@127.0.0.1:1/x"


def commands() -> dict[str, set[str]]:
    """Each command's options, by the words it is called with."""
    found = {}

    def walk(group: object, words: str) -> None:
        for name, command in getattr(group, "commands", {}).items():
            if hasattr(command, "commands"):
                walk(command, f"{words}{name} ")
            else:
                options = {word for item in command.params for word in item.opts}
                found[f"{words}{name}"] = options

    walk(typer.main.get_command(app), "")
    return found


def test_whatever_opens_the_data_folder_opens_another_database_too() -> None:
    found = {words: options for words, options in commands().items() if "--data" in options}
    opening = {words for words, options in found.items() if "--server" not in options}
    assert len(opening) > 12
    for words in opening - OF_THE_FOLDER:
        assert "--database" in found[words], words


@pytest.mark.postgres
def test_people_keys_and_teams_are_kept_in_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    where = ["--data", str(tmp_path / "data"), "--database", postgresql_url]

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, *where], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    key = "k" * 40
    run("users", "add", "ann", "--key", key, "--admin")
    run("users", "add", "bob")
    run("keys", "add", "ann", "--description", "laptop")
    run("teams", "add", "team", "ann", "bob")
    assert "ann" in run("users", "list") and "laptop" in run("keys", "list", "ann")
    assert "sessions and links ended" in run("users", "sign-out", "ann")
    run("users", "remove", "bob")
    assert "bob" not in run("users", "list")
    backup = tmp_path / "backup.tar"
    run("backup", str(backup))
    assert backup.exists()
    run("verify")


def test_a_database_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(SweepdError, match="cannot be opened"):
        CliRunner().invoke(
            app,
            ["users", "list", "--data", str(tmp_path), "--database", NOWHERE],
            catch_exceptions=False,
        )
