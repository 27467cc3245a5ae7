"""`sweepd backup`, `restore`, `move` and `export`: what a server holds, into one file and back."""

from pathlib import Path

import typer

from sweepd import __version__
from sweepd.cli import local, options
from sweepd.domain import shell
from sweepd.domain.errors import BadInput
from sweepd.settings import Settings

DATABASE = typer.Option(None, help="postgresql+psycopg://… instead of SQLite in the data folder.")
FILES = typer.Option(None, help="Folder or s3://… of the files instead of the data folder.")


def _existing(settings: Settings) -> Settings:
    if not settings.database and not (settings.data / "sweepd.db").exists():
        raise BadInput(
            f"no sweepd data in {settings.data}; name the server's folder with --data, or its "
            "database with --database"
        )
    return settings


def backup(
    file: Path = typer.Argument(help="The file to write."),
    data: Path | None = options.DATA,
    database: str | None = DATABASE,
    files: str | None = FILES,
) -> None:
    """Write database, files and this machine's key into one file; the server may be running."""
    from sweepd.server import utc_now
    from sweepd.services.upkeep import backup as service
    from sweepd.store.blobs import Blobs

    settings = _existing(options.settings(data, database=database, files=files))
    done = service.write(
        settings.database_url,
        Blobs.open(settings.files_location),
        file,
        utc_now(),
        __version__,
        settings.data / local.KEY_FILE,
    )
    typer.echo(f"{file}: the database and {done.n_files} files, {done.size_bytes / 1e6:.1f} MB")
    if done.damaged:
        shown = ", ".join(name[:12] for name in done.damaged[:5])
        typer.secho(
            f"sweepd: {len(done.damaged)} files are gone from {settings.files_location} or damaged "
            f"there, and are not in the backup: {shown}; an older backup may have them",
            fg=typer.colors.YELLOW,
            err=True,
        )


def restore(
    file: Path = typer.Argument(help="The file that `sweepd backup` wrote.", exists=True),
    data: Path | None = options.DATA,
    files: str | None = FILES,
) -> None:
    """Put a backup into an empty data folder; `sweepd serve` goes on from there."""
    from sweepd.services.upkeep import backup as service
    from sweepd.store.blobs import Blobs

    settings = options.settings(data, files=files, database="")
    done = service.read(file, settings.data, lambda: Blobs.open(settings.files_location))
    typer.echo(f"restored into {settings.data}: the database and {done.n_files} files")
    typer.echo("  " + shell.command("sweepd", "serve", "--data", str(settings.data)))


def move(
    target: str = typer.Argument(help="An empty database: postgresql+psycopg://…"),
    data: Path | None = options.DATA,
) -> None:
    """Copy a stopped server's SQLite database into PostgreSQL, every row or none."""
    from sweepd.server import hold_folder
    from sweepd.store import transfer

    settings = options.settings(data, database="")
    with hold_folder(_existing(settings)):
        counts = transfer.copy(settings.database_url, target)
    typer.echo(f"copied {sum(counts.values())} rows in {len(counts)} tables; the files stay")
    serve = ("sweepd", "serve", "--data", str(settings.data), "--database", target)
    typer.echo("  " + shell.command(*serve))


def export(
    project: str = typer.Argument(help="ENTITY/PROJECT"),
    file: Path = typer.Argument(help="The file to write: .csv, .json or .parquet"),
    data: Path | None = options.DATA,
    database: str | None = DATABASE,
) -> None:
    """Write a project's runs as a table: config, summary, state and times of each."""
    from sweepd.server import utc_now
    from sweepd.services.core import Core
    from sweepd.services.runs import export as service
    from sweepd.store.database import Database

    entity, slash, name = project.partition("/")
    if not slash or "/" in name:
        raise BadInput(f"expected ENTITY/PROJECT, got {project!r}")
    opened = Database(_existing(options.settings(data, database=database)).database_url)
    try:
        rows = service.list_rows(Core(opened, utc_now), entity, name)
        service.write(rows, file)
    finally:
        opened.close()
    typer.echo(f"{file}: {len(rows)} runs")
