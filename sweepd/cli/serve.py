"""`sweepd serve`: the server."""

import gc
import logging
import sys
from pathlib import Path

import typer

from sweepd import logs
from sweepd.cli import local, options, out
from sweepd.domain.errors import BadInput


def command(
    host: str | None = typer.Option(None, help="Address to listen on; loopback by default."),
    port: int | None = typer.Option(None, help="Port to listen on; 0 takes a free one."),
    data: Path | None = options.DATA,
    database: str | None = typer.Option(None, help="postgresql+psycopg://… instead of SQLite."),
    files: str | None = typer.Option(
        None, help="Folder or s3://… for files instead of the data folder."
    ),
    public_url: str | None = typer.Option(None, help="Address clients reach the server by."),
    organization: str | None = typer.Option(
        None, help="Name of the organisation that registries belong to."
    ),
    new: bool = typer.Option(
        False, "--new", help="Start a new server beside files of an earlier one, which stay."
    ),
) -> None:
    """Serve the wandb client and the pages until Ctrl-C."""
    gc.disable()  # nothing that is loaded now goes away; the server turns it on
    from sweepd import server, serving

    logs.begin()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = options.settings(
        data,
        host=host,
        port=port,
        database=database,
        files=files,
        public_url=public_url,
        organization=organization,
    )
    is_new = not settings.is_loopback and local.read_key(settings) is None
    if is_new and not (settings.data / "sweepd.db").exists() and not settings.database:
        raise BadInput(
            f"{settings.host} can be reached by others, and this server has no user yet: run "
            "`sweepd serve` once on loopback, which makes one, then start again with --host"
        )

    def announce(parts: server.Parts, address: str) -> None:
        is_first = local.read_key(settings) is None
        command, where = out.own_command(), options.data_again(settings)
        name, _key = local.ensure_first_user(parts.services.users, settings)
        out.say(f"sweepd is at {address}")
        # Output that is kept (a log, a journal) must not hold what signs others in.
        if is_first and sys.stdout.isatty():
            link = parts.services.sessions.create_link(name)
            out.say(f"  pages, signed in as {name} (works once, for an hour):")
            out.say(f"    {address}/authorize?token={link}")
        else:
            out.say(f"  to sign in to its pages: {command} login --link{where}")
        is_alone = settings.is_loopback and not settings.public_url
        others = "none reach it; see --host" if is_alone else f"sweepd login {address}"
        out.say(f"  on this machine: {command} login{where}        on others: {others}")
        out.say(f"  data in {settings.data}; Ctrl-C stops the server")

    serving.serve(settings, announce, is_new=new)
