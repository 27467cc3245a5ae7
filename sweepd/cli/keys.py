"""`sweepd keys`: API keys of a user; works while the server runs."""

from pathlib import Path

import typer

from sweepd.cli import local, options, out

app = typer.Typer(no_args_is_help=True)


@app.command("add")
def add(
    user: str = typer.Argument(help="Whose key."),
    key: str | None = typer.Option(None, help="The key; one is made when not given."),
    description: str = typer.Option("", help="What it is for."),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """Give a user one more key and print it; it is shown only now."""
    with local.open_users(options.settings(data, database=database)) as users:
        out.say(users.add_key(user, key, description))


@app.command("list")
def list_keys(
    user: str = typer.Argument(),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """List a user's keys by their last four characters."""
    with local.open_users(options.settings(data, database=database)) as users:
        for key in users.list_keys(users.get_caller(user)):
            out.columns(key.pk, f"…{key.hint}", f"{key.created_at:%Y-%m-%d}", key.description)


@app.command("remove")
def remove(
    user: str = typer.Argument(),
    number: int = typer.Argument(),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """Revoke one of a user's keys by its number."""
    with local.open_users(options.settings(data, database=database)) as users:
        users.delete_key(users.get_caller(user), number)
