"""`sweepd teams`: entities that several people share."""

from pathlib import Path

import typer

from sweepd.cli import local, options

app = typer.Typer(no_args_is_help=True)


@app.command("add")
def add(
    name: str = typer.Argument(help="The team's name."),
    members: list[str] | None = typer.Argument(None, help="Users who belong to it."),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """Make a team, or let more users into it."""
    with local.open_users(options.settings(data, database=database)) as users:
        users.add_team(name, members or [])
