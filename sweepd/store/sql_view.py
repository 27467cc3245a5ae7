"""One question in SQL over tables in memory: nothing can be written, no file or address is read.

DuckDB answers it (`pip install 'sweepd[sql]'`). It sees only the tables it is given.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from sweepd.domain.errors import BadInput

ROWS_AT_ONCE = 1_000
_CONFIG = {
    "enable_external_access": False,  # files, other databases, addresses, extensions
    "python_enable_replacements": False,  # a name that is no table is not looked for in our code
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
}
_READING = ("SELECT", "EXPLAIN")


class Answer(NamedTuple):
    """Names of the columns, and the rows as they come."""

    columns: list[str]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def asked(tables: Mapping[str, Any], statement: str) -> Iterator[Answer]:
    """Ask one statement.

    Args:
        tables: By name, as Arrow.

    Raises:
        BadInput: DuckDB is missing, or the statement is none that reads, or it fails.
    """
    try:
        import duckdb
    except ImportError as error:
        raise BadInput("SQL needs duckdb and pyarrow: pip install 'sweepd[sql]'") from error
    connection = duckdb.connect(":memory:", config=_CONFIG)
    try:
        for name, table in tables.items():
            connection.register(name, table)
        connection.execute("SET lock_configuration = true")
        statements = connection.extract_statements(statement)
        kinds = [item.type.name for item in statements]
        if len(kinds) != 1 or kinds[0] not in _READING:
            got = ", ".join(kinds) or "nothing"
            raise BadInput(
                f"expected one statement that reads, such as `select … from runs`; got {got}. "
                "Nothing can be written here"
            )
        done = connection.execute(statements[0])
        columns = [column[0] for column in done.description or ()]
        yield Answer(columns, _rows(done))
    except duckdb.Error as error:
        known = ", ".join(tables) or "runs, history, events, sweeps"
        raise BadInput(f"{error} (tables: {known})") from error
    finally:
        connection.close()


def _rows(done: Any) -> Iterator[tuple[Any, ...]]:
    while rows := done.fetchmany(ROWS_AT_ONCE):
        yield from rows
