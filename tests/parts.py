"""A server's services on a folder of their own, without a process and without a socket."""

import functools
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sweepd import server
from sweepd.services.core import Clock
from sweepd.settings import Settings
from sweepd.store import migrate, schema
from sweepd.store.sqlite import sqlite_url
from tests.timing import FakeClock


@functools.cache
def new_database() -> bytes:
    """A SQLite database at the newest schema: its migrations run once in a session."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweepd.db"
        engine = sa.create_engine(sqlite_url(path))
        migrate.upgrade(engine, sqlite_url(path))
        engine.dispose()
        return path.read_bytes()


@functools.cache
def _begun_database() -> bytes:
    """The same after a server's first start, but that it has no identity yet."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data")
        settings.data.mkdir()
        path = settings.data / "sweepd.db"
        path.write_bytes(new_database())
        built = server.build(settings, FakeClock())
        built.core.db.write(lambda c: c.execute(sa.delete(schema.secrets)))
        built.core.db.close()
        return path.read_bytes()


def build_parts(data: Path, clock: Clock, database_url: str = "", **settings: Any) -> server.Parts:
    """A server's services on an empty folder, nothing running between calls."""
    if not database_url:
        data.mkdir(parents=True, exist_ok=True)
        (data / "sweepd.db").write_bytes(_begun_database())
    return server.build(Settings(data=data, database=database_url, **settings), clock)
