"""Options that several commands share."""

import os
import shlex
from pathlib import Path
from typing import Any

import typer

from sweepd.settings import Settings, from_environment

DATA: Any = typer.Option(None, "--data", help="The server's data folder.", show_default=False)
DATABASE: Any = typer.Option(
    None, "--database", help="postgresql+psycopg://… instead of SQLite in the data folder."
)
SERVER: Any = typer.Option(
    None, "--server", help="Address of the server; else the one `sweepd login` named."
)


def settings(data: Path | None = None, **given: Any) -> Settings:
    """Settings from the command line and the environment."""
    return from_environment(os.environ, data=data, **given)


def data_again(settings: Settings) -> str:
    """What a further command is told to find the same data; empty where it finds it by itself."""
    if settings.data == from_environment(os.environ).data:
        return ""
    return f" --data {shlex.quote(str(settings.data))}"
