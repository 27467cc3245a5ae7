"""`sweepd backup`, `restore`, `verify`, `tidy`, `move`, `export`: what a server holds."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweepd import __version__, data_folder
from sweepd.cli import local, options
from sweepd.domain import shell
from sweepd.domain.errors import BadInput
from sweepd.settings import Settings

if TYPE_CHECKING:
    from sweepd.server import Parts
    from sweepd.services.upkeep.verification import Finding

MAX_SHOWN = 20  # faults of a backup
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
    _tell_faults(
        done.faults,
        f"files are gone from {settings.files_location} or damaged there, and not in {file}; see "
        "`sweepd verify`",
    )


def _tell_faults(faults: tuple[str, ...], what: str) -> None:
    """Name what is not whole; exit code 1, for whoever only looks at that."""
    if not faults:
        return
    for fault in faults[:MAX_SHOWN]:
        typer.echo(f"  {fault}", err=True)
    if len(faults) > MAX_SHOWN:
        typer.echo(f"  and {len(faults) - MAX_SHOWN} more", err=True)
    typer.secho(f"sweepd: {len(faults)} {what}", fg=typer.colors.YELLOW, err=True)
    raise typer.Exit(1)


def restore(
    file: Path = typer.Argument(help="The file that `sweepd backup` wrote.", exists=True),
    data: Path | None = options.DATA,
    files: str | None = FILES,
) -> None:
    """Put a backup into an empty data folder; `sweepd serve` goes on from there."""
    from sweepd.services.upkeep import restoring
    from sweepd.store.blobs import Blobs

    settings = options.settings(data, files=files, database="")
    os.umask(0o077)
    done = restoring.restore(file, settings.data, lambda: Blobs.open(settings.files_location))
    typer.echo(f"restored into {settings.data}: the database and {done.n_files} files")
    typer.echo("  " + shell.command("sweepd", "serve", "--data", str(settings.data)))
    _tell_faults(done.faults, "things are not whole in the backup; all else is restored")


def verify(
    data: Path | None = options.DATA,
    database: str | None = DATABASE,
    files: str | None = FILES,
    repair: bool = typer.Option(
        False, "--repair", help="Mend what can be mended: files from the trash, records, counts."
    ),
    from_: Path | None = typer.Option(
        None, "--from", help="With --repair: a backup that may have lost files.", exists=True
    ),
) -> None:
    """Check the database and every file's digest; the server may be running."""
    from sweepd.services.upkeep.restoring import BackupFiles

    settings = _existing(options.settings(data, database=database, files=files))
    backup_files = BackupFiles(from_) if from_ is not None else None
    n_files = n_mended = n_left = 0
    with _opened(settings) as parts:
        verification = parts.verification

        def names() -> Iterator[str]:
            nonlocal n_files
            for name in verification.names():
                n_files += 1
                yield name

        def fetch(name: str) -> bool:
            return backup_files is not None and backup_files.put_back(parts.blobs, name)

        is_readable = True
        for finding in verification.check_database(repair):
            is_readable = is_readable and not finding.is_of_pages
            n_mended, n_left = n_mended + finding.is_mended, n_left + (not finding.is_mended)
            typer.echo(_sentence(finding))
        for finding in (
            verification.check_files(names(), repair, fetch=fetch) if is_readable else ()
        ):
            n_mended, n_left = n_mended + finding.is_mended, n_left + (not finding.is_mended)
            typer.echo(_sentence(finding))
        unused = parts.housekeeping.find_unused() if is_readable else None
    if unused is not None and (n_unused := len(unused.idle) + len(unused.unknown)):
        typer.echo(f"{n_unused} files belong to nothing: see `sweepd tidy`")
    typer.echo(f"{n_files} files read; {n_left} faults, {n_mended} more mended")
    if n_left:
        raise typer.Exit(1)


def _sentence(finding: "Finding") -> str:
    return f"{finding.what}: mended" if finding.is_mended else finding.what


def tidy(
    data: Path | None = options.DATA,
    database: str | None = DATABASE,
    files: str | None = FILES,
    remove: bool = typer.Option(
        False, "--remove", help="Put them all into the trash, however many they are."
    ),
    empty_trash: bool = typer.Option(
        False, "--empty-trash", help="Remove for good what lay in the trash before today."
    ),
) -> None:
    """Say which files belong to nothing; the server puts a few at a time into the trash."""
    settings = _existing(options.settings(data, database=database, files=files))
    with _opened(settings) as parts:
        if remove:
            went = parts.housekeeping.remove_unused(share=1)
            typer.echo(f"{len(went.idle) + len(went.unknown)} files are in the trash now")
        else:
            found = parts.housekeeping.find_unused()
            typer.echo(
                f"of {found.n_blobs} files {len(found.idle)} are not used any more, and "
                f"{len(found.unknown)} were never known to this database; --remove puts them into "
                "the trash"
            )
        if empty_trash:
            typer.echo(f"{parts.housekeeping.empty_trash(days=0)} files left the trash for good")


@contextmanager
def _opened(settings: Settings) -> Iterator["Parts"]:
    """A server's parts without the server, which may be running."""
    from sweepd import server

    data_folder.protect(settings)
    parts = server.build(settings)
    try:
        yield parts
    finally:
        parts.core.db.close()


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
