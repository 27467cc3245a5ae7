"""Databases of the newest schema on a PostgreSQL of our own, emptied rather than made anew."""

import uuid
from dataclasses import dataclass

import psycopg
import sqlalchemy as sa

from sweepd.store import migrate

_KEPT = "alembic_version"  # the one table that a migrated database has rows in
_CLOSE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
# How many parts the tables have, and which transaction last changed one.
_SHAPE = """SELECT concat_ws(' ', count(*), max(xmin::text::bigint)) FROM (
  SELECT xmin FROM pg_attribute WHERE attrelid >= 16384  -- those that are not PostgreSQL's own
  UNION ALL SELECT xmin FROM pg_constraint WHERE oid >= 16384) AS parts"""
_EMPTY = f"""DO $$ DECLARE name text; BEGIN
  SET LOCAL session_replication_role = replica;  -- in any order of the tables
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r'
    AND relnamespace = 'public'::regnamespace AND relname <> '{_KEPT}'
  LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE last_value IS NOT NULL;
END $$"""


@dataclass
class Databases:
    """One at a time: given out empty, taken back, and given out again as long as it is whole.

    To empty one takes a tenth of what making and dropping one does.

    Attributes:
        server: The address of the PostgreSQL, without a database.
    """

    server: str
    _template: str = ""
    _free: str = ""
    _shape: str = ""

    def take(self) -> str:
        """The address of an empty database at the newest schema."""
        if not self._template:
            self._template = self._make("")
            engine = sa.create_engine(self._address(self._template))
            migrate.upgrade(engine, self._address(self._template))
            engine.dispose()
            with self._connect(self._template) as connection:
                self._shape = _shape_of(connection)
        name, self._free = self._free or self._make(self._template), ""
        return self._address(name)

    def give_back(self, address: str) -> None:
        """Empty it; one whose tables are not as they were is dropped."""
        name = address.rpartition("/")[2]
        try:
            with self._connect(name) as connection:
                connection.execute(_CLOSE)
                connection.execute(_EMPTY)
                is_whole = _shape_of(connection) == self._shape
        except psycopg.Error:
            is_whole = False
        if is_whole:
            self._free = name
        else:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def _make(self, template: str) -> str:
        name = f"test_{uuid.uuid4().hex}"
        self._do(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return name

    def _do(self, statement: str) -> None:
        with self._connect("postgres") as connection:
            connection.execute(statement.encode())

    def _connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(self._address(name).replace("+psycopg", ""), autocommit=True)

    def _address(self, name: str) -> str:
        return f"{self.server}/{name}"


def _shape_of(connection: psycopg.Connection) -> str:
    found = connection.execute(_SHAPE).fetchone()
    return str(found and found[0])
