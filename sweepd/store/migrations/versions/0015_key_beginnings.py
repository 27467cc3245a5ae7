"""How a key begins, by which its owner knows it; unknown of older keys."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("begins", sa.Text(), nullable=False, server_default=""))
