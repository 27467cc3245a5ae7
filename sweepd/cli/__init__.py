"""The `sweepd` command: one file per subcommand; what went wrong is said in one line.

Only the subcommand that is named is loaded: a server neither draws tables nor reads other tools.
"""

import platform
import sys
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

import typer

from sweepd import __version__
from sweepd.domain.errors import SweepdError

COMMANDS = {  # in the order of the help: the file below sweepd/cli/, its function
    "run": ("run", "command"),
    "serve": ("serve", "command"),
    "login": ("login", "command"),
    "agents": ("agents", "command"),
    "best": ("best", "command"),
    "sweeps": ("sweeps", "command"),
    "retry": ("retry", "command"),
    "queue": ("enqueue", "command"),
    "stops": ("stops", "command"),
    "check": ("check", "command"),
    "backup": ("data", "backup"),
    "restore": ("data", "restore"),
    "verify": ("data", "verify"),
    "tidy": ("data", "tidy"),
    "move": ("data", "move"),
    "export": ("data", "export"),
    "import": ("move_in", "command"),
    "sql": ("sql", "command"),
}
GROUPS = {
    "users": "People who may use this server.",
    "keys": "API keys of people.",
    "teams": "Entities that several people share.",
}


def _version(wanted: bool) -> None:
    if wanted:
        from sweepd.cli import out
        from sweepd.store.migrate import HEAD

        out.say(f"sweepd {__version__}, schema {HEAD}, Python {platform.python_version()}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False,
        "--version",
        callback=_version,
        is_eager=True,
        help="Say which sweepd this is, its database's schema and Python.",
    ),
) -> None:
    """W&B Sweeps on machines you own: a server the stock wandb client talks to."""


def app_of(names: Iterable[str]) -> typer.Typer:
    """The command with some of its subcommands."""
    made = typer.Typer(
        name="sweepd",
        help="W&B Sweeps on machines you own: a server the stock wandb client talks to.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    made.callback()(_options)
    for name in names:
        file, function = COMMANDS.get(name, (name, "app"))
        found = getattr(import_module(f"sweepd.cli.{file}"), function)
        if name in COMMANDS:
            made.command(name)(found)
        else:
            made.add_typer(found, name=name, help=GROUPS[name])
    return made


@cache
def _whole() -> typer.Typer:
    return app_of((*COMMANDS, *GROUPS))


def __getattr__(name: str) -> Any:
    if name == "app":  # the command with all its subcommands
        return _whole()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main() -> None:
    """Run the command line; an expected error becomes one line and exit code 1."""
    named = sys.argv[1:2]
    is_known = named and (named[0] in COMMANDS or named[0] in GROUPS)
    try:
        (app_of(named) if is_known else _whole())()
    except SweepdError as error:
        from sweepd.cli import out

        out.complain(f"sweepd: {error}", typer.colors.RED)
        sys.exit(1)
