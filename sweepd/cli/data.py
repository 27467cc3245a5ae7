"""`sweepd backup`, `restore`, `verify`, `tidy`, `move`, `export`: what a server holds."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweepd import __version__, data_folder
from sweepd.cli import local, options, out
from sweepd.domain import shell
from sweepd.domain.errors import BadInput
from sweepd.settings import Settings

if TYPE_CHECKING:
    from sweepd.server import Parts
    from sweepd.services.runs.records import Records
    from sweepd.services.upkeep.verification import Finding

WHOLE = ".zip"  # of a file that holds a whole project
MAX_SHOWN = 20  # faults of a backup
FILES = typer.Option(None, help="Folder or s3://… of the files instead of the data folder.")


def existing(settings: Settings) -> Settings:
    """The settings, when they name a server's data.

    Raises:
        BadInput: They do not.
    """
    if not settings.database and not (settings.data / "sweepd.db").exists():
        raise BadInput(
            f"no sweepd data in {settings.data}; name the server's folder with --data, or its "
            "database with --database"
        )
    return settings


def backup(
    file: Path = typer.Argument(help="The file to write."),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
    files: str | None = FILES,
) -> None:
    """Write database, files and this machine's key into one file; the server may be running."""
    from sweepd.server import utc_now
    from sweepd.services.upkeep import backup as service
    from sweepd.store.blobs import Blobs

    settings = existing(options.settings(data, database=database, files=files))
    done = service.write(
        settings.database_url,
        Blobs.open(settings.files_location),
        file,
        utc_now(),
        __version__,
        settings.data / local.KEY_FILE,
    )
    out.say(f"{file}: the database and {done.n_files} files, {done.size_bytes / 1e6:.1f} MB")
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
        out.complain(f"  {fault}")
    if len(faults) > MAX_SHOWN:
        out.complain(f"  and {len(faults) - MAX_SHOWN} more")
    out.complain(f"sweepd: {len(faults)} {what}", typer.colors.YELLOW)
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
    out.say(f"restored into {settings.data}: the database and {done.n_files} files")
    out.say("  " + shell.command("sweepd", "serve", "--data", str(settings.data)))
    _tell_faults(done.faults, "things are not whole in the backup; all else is restored")


def verify(
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
    files: str | None = FILES,
    repair: bool = typer.Option(
        False, "--repair", help="Mend what can be mended: files from the trash, records, counts."
    ),
    from_: Path | None = typer.Option(
        None, "--from", help="With --repair: a backup that may have lost files.", exists=True
    ),
) -> None:
    """Check the database and every file's digest; the server may be running."""
    from sweepd.services.upkeep.backup_files import BackupFiles

    settings = existing(options.settings(data, database=database, files=files))
    backup_files = BackupFiles(from_) if from_ is not None else None
    n_files = n_mended = n_left = 0
    with opened(settings) as parts:
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
            out.say(_sentence(finding))
        for finding in (
            verification.check_files(names(), repair, fetch=fetch) if is_readable else ()
        ):
            n_mended, n_left = n_mended + finding.is_mended, n_left + (not finding.is_mended)
            out.say(_sentence(finding))
        unused = parts.housekeeping.find_unused() if is_readable else None
    if unused is not None and (n_unused := len(unused.idle) + len(unused.unknown)):
        out.say(f"{n_unused} files belong to nothing: see `sweepd tidy`")
    out.say(f"{n_files} files read; {n_left} faults, {n_mended} more mended")
    if n_left:
        raise typer.Exit(1)


def _sentence(finding: "Finding") -> str:
    return f"{finding.what}: mended" if finding.is_mended else finding.what


def tidy(
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
    files: str | None = FILES,
    remove: bool = typer.Option(
        False, "--remove", help="Put them all into the trash, however many they are."
    ),
    empty_trash: bool = typer.Option(
        False, "--empty-trash", help="Remove for good what lay in the trash before today."
    ),
) -> None:
    """Say which files belong to nothing; the server puts a few at a time into the trash."""
    settings = existing(options.settings(data, database=database, files=files))
    with opened(settings) as parts:
        if remove:
            went = parts.housekeeping.remove_unused(share=1)
            out.say(f"{len(went.idle) + len(went.unknown)} files are in the trash now")
        else:
            found = parts.housekeeping.find_unused()
            out.say(
                f"of {found.n_blobs} files {len(found.idle)} are not used any more, and "
                f"{len(found.unknown)} were never known to this database; --remove puts them into "
                "the trash"
            )
        if empty_trash:
            out.say(f"{parts.housekeeping.empty_trash(days=0)} files left the trash for good")


@contextmanager
def opened(settings: Settings) -> Iterator["Parts"]:
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
    from sweepd import data_folder
    from sweepd.store import transfer

    settings = options.settings(data, database="")
    with data_folder.hold(existing(settings)):
        counts = transfer.copy(settings.database_url, target)
    out.say(f"copied {sum(counts.values())} rows in {len(counts)} tables; the files stay")
    serve = ("sweepd", "serve", "--data", str(settings.data), "--database", target)
    out.say("  " + shell.command(*serve))


def read_project(text: str) -> tuple[str, str]:
    """Entity and project of ENTITY/PROJECT.

    Raises:
        BadInput: It is none.
    """
    entity, slash, name = text.partition("/")
    if not slash or not entity or not name or "/" in name:
        raise BadInput(f"expected ENTITY/PROJECT, got {text!r}")
    return entity, name


@contextmanager
def records_of(project: str, data: Path | None, database: str | None) -> Iterator["Records"]:
    """The tables of a project, read from its server's database; the server may be running.

    Raises:
        BadInput: No ENTITY/PROJECT.
        NotFound: No such project.
    """
    from sweepd.server import utc_now
    from sweepd.services.core import Core
    from sweepd.services.runs.records import Records
    from sweepd.store.blobs import Blobs
    from sweepd.store.database import Database

    entity, name = read_project(project)
    settings = existing(options.settings(data, database=database))
    found = Database(settings.database_url)
    try:
        blobs = Blobs.open(settings.files_location)
        yield Records(Core(found, utc_now), blobs, entity, name)
    finally:
        found.close()


def export(
    project: str = typer.Argument(help="ENTITY/PROJECT"),
    file: Path = typer.Argument(
        help="The file to write: .csv, .json, .jsonl or .parquet of a table, .zip of everything."
    ),
    table: str = typer.Option(
        "runs", "--table", help="runs, history (all that was logged), events (system), or sweeps."
    ),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """Write a table of a project, or all of it: FILE.zip is what `sweepd import` takes."""
    from sweepd.services.runs import export as service

    if file.suffix == WHOLE:
        counts = _export_whole(project, file, existing(options.settings(data, database=database)))
        out.say(f"{file}: " + ", ".join(f"{n} {kind}" for kind, n in counts.items()))
        return
    with records_of(project, data, database) as records:
        n_rows = service.write(records, table, file)
    out.say(f"{file}: {n_rows} {'runs' if table == 'runs' else f'rows of {table}'}")


def _export_whole(project: str, file: Path, settings: Settings) -> dict[str, int]:
    from sweepd.cli import own_server
    from sweepd.services.moving import project_file
    from sweepd.services.moving.wire_project import WireProject

    entity, name = read_project(project)
    with opened(settings) as parts:
        wire = own_server.OwnServer(parts, entity)
        # The same each time, wherever the server runs: imported again, it goes on.
        secret = parts.services.users.secret("exports")
        own = f"sweepd:{hashlib.sha256(secret.encode()).hexdigest()[:12]}"
        return project_file.write(WireProject(wire, own, entity, name), file)
