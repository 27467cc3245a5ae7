"""A connection to tables of the newest schema, in one transaction that is never kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sweepd.store.sqlite import sqlite_url
from tests.parts import new_database
from tests.unit.store.world import World


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    """Two users, each with a project; rows are added by hand."""
    url = database_url
    if not url:
        path = tmp_path / "sweepd.db"
        path.write_bytes(new_database())
        url = sqlite_url(path)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(sa.text("PRAGMA foreign_keys=ON"))
            connection.commit()
        yield World(connection)
        connection.rollback()
    engine.dispose()
