"""The folder a server keeps its data in: for its owner alone, and of one server only."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from sweepd import local_address
from sweepd.domain.errors import BadInput
from sweepd.settings import Settings

DATABASE, FILES, KEY_FILE = "sweepd.db", "blobs", "local.key"
LOCK_FILE = "server.lock"
COLUMNS = "columns"  # of large projects, made of the database again if they are gone
OWN = {DATABASE, FILES, KEY_FILE, LOCK_FILE, "server.json"}
NO_DATA = {"lost+found"}  # of a disk just made
WALK_S = 1.0  # for the permissions of what lies deeper; the folder itself shuts others out already


def protect(settings: Settings) -> None:
    """Let only this user read what this process writes, and what lies in the data folder.

    Raises:
        BadInput: Others can read the folder and that cannot, or should not, be changed.
    """
    os.umask(0o077)
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        tighten(settings.data, OWN, "--data")
    except OSError as error:
        raise _unusable(settings.data, error) from error
    if settings.files and "://" not in settings.files and (files := Path(settings.files)).is_dir():
        tighten(files, {"incoming", "server.id"}, "--files")


@contextlib.contextmanager
def hold(settings: Settings) -> Iterator[None]:
    """Keep any other server off this data folder's SQLite database; replicas use PostgreSQL.

    Raises:
        BadInput: A server works on it now; the message says which.
    """
    protect(settings)
    if settings.database:
        yield
        return
    try:
        file = (settings.data / LOCK_FILE).open("w")
    except OSError as error:
        raise _unusable(settings.data, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            found = local_address.read(settings.data)
            where = f": process {found.pid} at {found.url}" if found else ""
            raise BadInput(
                f"a server works on {settings.data} already{where}; stop it, or name another "
                "folder with --data"
            ) from error
        yield


def _unusable(data: Path, error: OSError) -> BadInput:
    return BadInput(
        f"{data} cannot be used: {error.strerror}; make it writable for this user, or name another "
        "folder with --data"
    )


def tighten(folder: Path, own: set[str], option: str) -> None:
    """Shut others out of a folder of ours.

    Args:
        own: Names of which one tells that the folder is ours.
        option: Which names another folder, for the message.

    Raises:
        BadInput: It is open to others and holds things that are not ours, or belongs to others.
    """
    if folder.stat().st_mode & 0o077:
        names = set(os.listdir(folder)) - NO_DATA
        if names and not names & own:
            raise BadInput(
                f"others can read {folder}, and it holds things that are not sweepd's: make it "
                f"private (chmod 700), or name a folder of its own: {option} {folder / 'sweepd'}"
            )
        try:
            folder.chmod(0o700)
        except PermissionError as error:
            raise BadInput(
                f"others can read {folder}, and it belongs to another user: make it private (chmod "
                f"700), or name a folder of its own: {option} {folder / 'sweepd'}"
            ) from error
    _tighten_below(folder)


def _tighten_below(folder: Path) -> None:
    deadline = time.monotonic() + WALK_S
    for path, folders, files in os.walk(folder):
        for names, mode in ((folders, 0o700), (files, 0o600)):
            for name in names:
                place = os.path.join(path, name)
                with contextlib.suppress(OSError):  # of another user, or just gone
                    if os.lstat(place).st_mode & 0o077 and not os.path.islink(place):
                        os.chmod(place, mode)
        folders[:] = [name for name in folders if name != "lost+found"]
        if time.monotonic() > deadline:
            return


def check_database(settings: Settings, is_new: bool) -> None:
    """Refuse to make an SQLite database where one was lost: before anything is made.

    Raises:
        BadInput: There is none, or an empty one, beside files or the key of a server.
    """
    if settings.database or is_new:
        return
    path = settings.data / DATABASE
    if path.exists() and path.stat().st_size:
        return
    rests = [
        name
        for name in (f"{DATABASE}-wal", KEY_FILE)
        if (settings.data / name).exists() and (settings.data / name).stat().st_size
    ]
    if "://" not in settings.files_location and _holds_files(Path(settings.files_location)):
        rests.append(settings.files_location)
    if rests:
        what = "is empty" if path.exists() else "is missing"
        raise BadInput(
            f"{path} {what}, but {' and '.join(rests)} of an earlier server {_verb(rests)} there. "
            f"{LOST}"
        )


LOST = (
    "Put the database back, or restore a backup into a new folder (`sweepd restore FILE --data "
    "NEW`); or start without it: `sweepd serve --new`, which leaves those files where they are"
)


def _verb(things: list[str]) -> str:
    return "is" if len(things) == 1 else "are"


def _holds_files(folder: Path) -> bool:
    """Whether there is any file in a folder, but for what was cut off as it came."""
    return any(
        files
        for path, _, files in os.walk(folder)
        if Path(path).relative_to(folder).parts[:1] != ("incoming",)
    )
