"""When each value of a sweep's metric arrived; a sweep's runs by when they ended."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "objectives", sa.Column("at", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_index("ix_runs_sweep_pk_ended_at", "runs", ["sweep_pk", "ended_at"])
