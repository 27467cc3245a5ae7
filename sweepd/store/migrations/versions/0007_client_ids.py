"""Other ids under which clients know a version."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "artifact_client_ids",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("artifact_id", key, nullable=False),
        sa.ForeignKeyConstraint(
            ["artifact_id"],
            ["artifacts.id"],
            ondelete="CASCADE",
            name=op.f("fk_artifact_client_ids_artifact_id"),
        ),
        sa.PrimaryKeyConstraint("client_id", "artifact_id", name=op.f("pk_artifact_client_ids")),
    )
    op.create_index("ix_artifact_client_ids_artifact_id", "artifact_client_ids", ["artifact_id"])
