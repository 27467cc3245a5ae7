"""Bring a database to the newest schema, or refuse one that is newer than this program.

Alembic is imported only when there is something to do: a current database opens without it.
"""

from pathlib import Path

import sqlalchemy as sa

from sweepd.domain.errors import BadInput, SweepdError

HEAD = "0025"
_FOLDER = Path(__file__).parent / "migrations"


class NewerDatabase(SweepdError):
    """The database was written by a newer sweepd."""


def current(engine: sa.Engine) -> str | None:
    """The revision a database stands at; None when it is empty."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        row = connection.execute(sa.text("SELECT version_num FROM alembic_version")).first()
        return row[0] if row else None


def _check_no_tables(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
    if names and "alembic_version" not in names:  # another process may just have made ours
        raise BadInput(
            f"{engine.url.render_as_string()} is the database of another program (it has a table "
            f"{names[0]!r}, and no mark of sweepd's); name another one"
        )


def upgrade(engine: sa.Engine, url: str) -> None:
    """Run the missing migrations, all in one transaction.

    Raises:
        NewerDatabase: The database is at a revision this program does not know.
        BadInput: It holds tables of another program.
    """
    revision = current(engine)
    if revision == HEAD:
        return
    if revision is not None and revision > HEAD:
        raise NewerDatabase(
            f"this database is at schema {revision}, this sweepd knows up to {HEAD}; "
            "install the newer sweepd that wrote it, or restore an older backup"
        )
    if revision is None:
        _check_no_tables(engine)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    command.upgrade(config, "head")
