"""The `sweepd` command: one file per subcommand; what went wrong is said in one line."""

import platform
import sys

import typer

from sweepd import __version__
from sweepd.cli import (
    agents,
    best,
    check,
    data,
    enqueue,
    keys,
    login,
    move_in,
    out,
    retry,
    run,
    serve,
    sql,
    stops,
    sweeps,
    teams,
    users,
)
from sweepd.domain.errors import SweepdError

app = typer.Typer(
    name="sweepd",
    help="W&B Sweeps on machines you own: a server the stock wandb client talks to.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from sweepd.store.migrate import HEAD

        out.say(f"sweepd {__version__}, schema {HEAD}, Python {platform.python_version()}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False,
        "--version",
        callback=_version,
        is_eager=True,
        help="Say which sweepd this is, its database's schema and Python.",
    ),
) -> None:
    """W&B Sweeps on machines you own: a server the stock wandb client talks to."""


app.command("run")(run.command)
app.command("serve")(serve.command)
app.command("login")(login.command)
app.command("agents")(agents.command)
app.command("best")(best.command)
app.command("sweeps")(sweeps.command)
app.command("retry")(retry.command)
app.command("queue")(enqueue.command)
app.command("stops")(stops.command)
app.command("check")(check.command)
app.command("backup")(data.backup)
app.command("restore")(data.restore)
app.command("verify")(data.verify)
app.command("tidy")(data.tidy)
app.command("move")(data.move)
app.command("export")(data.export)
app.command("import")(move_in.command)
app.command("sql")(sql.command)
app.add_typer(users.app, name="users", help="People who may use this server.")
app.add_typer(keys.app, name="keys", help="API keys of people.")
app.add_typer(teams.app, name="teams", help="Entities that several people share.")


def main() -> None:
    """Run the command line; an expected error becomes one line and exit code 1."""
    try:
        app()
    except SweepdError as error:
        out.complain(f"sweepd: {error}", typer.colors.RED)
        sys.exit(1)
