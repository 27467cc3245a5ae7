"""A view says which project of another server it came from, and as what it came."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("views", sa.Column("imported_from", sa.Text(), nullable=True))
    op.add_column("views", sa.Column("imported_at", sa.BigInteger(), nullable=True))
