"""Whether database, files and this machine's key are those of one server.

A database has an identity, made once; its files say it in `server.id`, the key file beside the key.
Together they tell an empty or foreign database from the right one, before it costs the files.
"""

import itertools
import json
import logging
import uuid
from dataclasses import dataclass
from pathlib import Path

from sweepd.domain.errors import BadInput, Unavailable
from sweepd.services.core import Core
from sweepd.store import run_files, users
from sweepd.store.blobs import OWNER, Blobs

log = logging.getLogger(__name__)

IDENTITY = "server"  # the name of the secret
PLACE = (
    "no file can be stored or read until this is mended; settings of object stores are in "
    "docs/storage.md"
)
N_LOOKED_AT = 1000  # files of a server that has not said whose they are


@dataclass(frozen=True)
class Belonging:
    """What is known of database and files that belong together.

    Attributes:
        identity: Of the database.
        is_said: Whether the files say it too; they cannot while their place is out of reach.
    """

    identity: str
    is_said: bool


def check(core: Core, blobs: Blobs, key_file: Path, is_new: bool, advice: str) -> Belonging:
    """Refuse a database that is not that of the files or the key; else let the files say whose.

    Args:
        is_new: The administrator says that this is a new server: its files stay, unused, and a
            key file that is not its own is set aside.
        advice: What to do, for messages.

    Raises:
        BadInput: They do not belong together.
    """
    try:
        owner = blobs.owner()  # before the database: another replica may just write both
        names = [name for name, _ in itertools.islice(blobs.list(), N_LOOKED_AT)]
        is_seen = True
    except Unavailable as error:
        log.error("%s; %s", error, PLACE)
        owner, names, is_seen = None, [], False
    with core.db.read() as connection:
        identity = users.find_secret(connection, IDENTITY)
        is_empty = identity is None and not users.list_users(connection)
    wrong = _files_fault(core, names, owner, identity, is_empty)
    keys_fault = _key_fault(key_file, identity, is_empty)
    if (found := wrong or keys_fault) and not is_new:
        raise BadInput(f"{found}. {advice}")
    if keys_fault:
        key_file.replace(key_file.with_name(f"{key_file.name}.before"))
        log.warning("%s was of another server; it is %s.before now", key_file, key_file.name)
    if identity is None:
        identity = identity_of(core)
    if owner != identity and is_seen:
        try:
            blobs.set_owner(identity)
        except Unavailable as error:
            log.error("%s; %s", error, PLACE)
            is_seen = False
    return Belonging(identity, is_seen)


def look(blobs: Blobs, belonging: Belonging) -> Belonging:
    """Look whether the files' place answers, and is still this server's.

    Raises:
        Unavailable: It does not answer, is empty now, or is another server's.
    """
    owner, identity = blobs.owner(), belonging.identity
    if owner is None and not belonging.is_said:
        blobs.set_owner(identity)
    elif owner is None:
        raise Unavailable(f"{OWNER} is gone: is the disk mounted?")
    elif owner != identity:
        raise Unavailable(f"{OWNER} is that of another server")
    return Belonging(identity, is_said=True)


def identity_of(core: Core) -> str:
    """The identity of a database, made the first time."""
    fresh = uuid.uuid4().hex
    return core.db.write(lambda c: users.get_or_create_secret(c, IDENTITY, fresh))


def _files_fault(
    core: Core, names: list[str], owner: str | None, identity: str | None, is_empty: bool
) -> str | None:
    if owner is not None and owner == identity:
        return None
    if owner is not None and (identity is not None or is_empty):
        return "the files are those of another server than this database"
    if not names:
        return None
    if is_empty:
        return "the database is empty, but there are files of an earlier server"
    with core.db.read() as connection:
        if any(run_files.blob_size(connection, name) is not None for name in names):
            return None
    return "this database knows none of the files that are there"


def _key_fault(key_file: Path, identity: str | None, is_empty: bool) -> str | None:
    try:
        found = json.loads(key_file.read_text())
        named = found.get("server")
    except (OSError, ValueError, AttributeError):
        return None  # none that could be used
    if named is not None and named != identity:
        return f"{key_file} is of another server than this database"
    if is_empty:
        return f"the database is empty, but {key_file} is of an earlier server"
    return None
