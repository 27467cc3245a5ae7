"""The server of this machine: its database for `users` and `keys`, its address, its first user."""

import getpass
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sweepd import data_folder, local_address
from sweepd.cli import proxies
from sweepd.domain.errors import BadInput, Conflict
from sweepd.domain.ids import check_entity_name
from sweepd.services.people.sessions import Sessions
from sweepd.services.people.users import Users
from sweepd.settings import Settings

KEY_FILE = data_folder.KEY_FILE  # lets commands here sign in by themselves


@contextmanager
def open_users(settings: Settings) -> Iterator[Users]:
    """Users and keys of the server in a data folder; as `open_people`."""
    with open_people(settings) as people:
        yield people.users


@dataclass(frozen=True)
class People:
    """Who may use a server, and who is signed in."""

    users: Users
    sessions: Sessions


@contextmanager
def open_people(settings: Settings) -> Iterator[People]:
    """People and keys of the server in a data folder, whether it runs or not.

    Raises:
        BadInput: There is no server's data there.
    """
    from sweepd.server import utc_now
    from sweepd.services.core import Core
    from sweepd.store.database import Database

    if not settings.database and not (settings.data / "sweepd.db").exists():
        raise BadInput(
            f"no sweepd data in {settings.data}; start `sweepd serve` once, or name another folder "
            "with --data"
        )
    data_folder.protect(settings)
    database = Database(settings.database_url)
    try:
        core = Core(database, utc_now)
        yield People(Users(core), Sessions(core))
    finally:
        database.close()


def ensure_first_user(users: Users, settings: Settings) -> tuple[str, str]:
    """The name and key of this machine's own user, made when the server is new."""
    known = _read_key_file(settings)
    if known is not None:
        return known
    name = _own_name()
    try:
        key = users.add_user(name, is_admin=True)
    except Conflict:
        key = users.add_key(name, description="this machine's own")
    aside = settings.data / f".{KEY_FILE}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"user": name, "key": key, "server": users.secret("server")}, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(settings.data / KEY_FILE)  # whole or not there
    return name, key


def _own_name() -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", getpass.getuser()).lstrip("._-").lower() or "me"
    return check_entity_name(name[:64])


def read_key(settings: Settings) -> str | None:
    """The key of this machine's own user, when its server was started here."""
    known = _read_key_file(settings)
    return known[1] if known else None


def read_user(settings: Settings) -> str | None:
    """The name of this machine's own user, when its server was started here."""
    known = _read_key_file(settings)
    return known[0] if known else None


def _read_key_file(settings: Settings) -> tuple[str, str] | None:
    """Name and key; None when there is no file that can be read, so that a new key is made."""
    try:
        stored = json.loads((settings.data / KEY_FILE).read_text())
        return str(stored["user"]), str(stored["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def running_url(data: Path) -> str | None:
    """The address of the server that runs on a data folder, if one answers."""
    found = local_address.read(data)
    return found.url if found and is_sweepd(found.url) else None


def is_sweepd(url: str, timeout_s: float = 3.0) -> bool:
    """Whether a sweepd answers at an address."""
    try:
        request = urllib.request.Request(f"{url.rstrip('/')}/healthz")
        with proxies.open_url(request, timeout_s) as response:
            return "sweepd" in json.load(response)
    except (OSError, ValueError, urllib.error.URLError):
        return False
