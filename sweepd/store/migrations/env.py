"""Alembic's entry: runs the migrations on the engine that `migrate.upgrade` hands over."""

import sqlalchemy as sa
from alembic import context

from sweepd.store.schema import metadata

engine = context.config.attributes["engine"]
with engine.connect() as connection, connection.begin():
    if connection.dialect.name == "postgresql":  # two replicas starting at once
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7393365)"))
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    context.run_migrations()
