"""What one test leaves in PostgreSQL no other finds."""

import psycopg
import pytest

from tests.postgresql import Databases

pytestmark = pytest.mark.postgres
ADD = "INSERT INTO users (name, is_admin, created_at) VALUES ('ann', false, 0) RETURNING id"


def do(address: str, statement: str) -> object:
    """What the statement returns, if anything."""
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
        done = connection.execute(statement.encode())
        return done.fetchone() if done.description else None


def test_a_database_that_is_given_back_is_empty_and_counts_anew(
    postgresql_databases: Databases,
) -> None:
    before = postgresql_databases.take()
    version = do(before, "SELECT version_num FROM alembic_version")
    assert version is not None
    key = do(before, ADD)
    left_open = psycopg.connect(before.replace("+psycopg", ""))
    left_open.execute("LOCK TABLE projects")
    postgresql_databases.give_back(before)
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    left_open.close()
    after = postgresql_databases.take()
    assert after == before
    assert do(after, "SELECT count(*) FROM users") == (0,)
    assert do(after, ADD) == key == (1,)
    assert do(after, "SELECT version_num FROM alembic_version") == version
    postgresql_databases.give_back(after)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users ADD COLUMN shoe integer",
        "DROP INDEX {index}",
        "CREATE TABLE another (id integer)",
        "ALTER TABLE users ADD CHECK (name <> 'bob')",
        "ALTER TABLE users ALTER COLUMN name DROP NOT NULL",
        "DROP TABLE alembic_version",
    ],
)
def test_one_whose_tables_were_changed_is_given_to_nobody(
    postgresql_databases: Databases, change: str
) -> None:
    before = postgresql_databases.take()
    index = do(before, "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix\\_%' LIMIT 1")
    assert isinstance(index, tuple)
    do(before, change.format(index=index[0]))
    postgresql_databases.give_back(before)
    after = postgresql_databases.take()
    assert after != before
    postgresql_databases.give_back(after)
