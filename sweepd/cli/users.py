"""`sweepd users`: who may use the server; works while it runs."""

from pathlib import Path

import typer

from sweepd.cli import local, options, out

app = typer.Typer(no_args_is_help=True)


@app.command("add")
def add(
    name: str = typer.Argument(help="The user's name, and their default entity's."),
    key: str | None = typer.Option(None, help="Their API key; one is made when not given."),
    admin: bool = typer.Option(False, "--admin", help="May look after users and teams."),
    email: str = typer.Option("", help="Their mail address."),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """Add a user and print their API key, which is shown only now."""
    with local.open_users(options.settings(data, database=database)) as users:
        out.say(users.add_user(name, key, admin, email))


@app.command("list")
def list_users(data: Path | None = options.DATA, database: str | None = options.DATABASE) -> None:
    """List users."""
    with local.open_users(options.settings(data, database=database)) as users:
        for user in users.list_users():
            role = "admin" if user.is_admin else "user"
            out.columns(user.name, role, user.email, f"since {user.created_at:%Y-%m-%d}")


@app.command("sign-out")
def sign_out(
    name: str = typer.Argument(),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """End every session of a user's browsers and every link that would begin one."""
    with local.open_people(options.settings(data, database=database)) as people:
        out.say(f"{name}: {people.sessions.end_all(name)} sessions and links ended")


@app.command("remove")
def remove(
    name: str = typer.Argument(),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """Remove a user, their keys and sessions; their projects stay."""
    with local.open_users(options.settings(data, database=database)) as users:
        users.remove_user(name)
