"""Numbers never given twice, incremental and distributed versions, TTLs to look for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column(
        "artifact_collections",
        sa.Column("next_version", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.execute(
        "UPDATE artifact_collections SET next_version = COALESCE((SELECT MAX(m.version) + 1 FROM "
        "artifact_memberships m WHERE m.collection_id = artifact_collections.id), 0)"
    )
    op.add_column("artifacts", sa.Column("base_artifact_id", key))
    op.add_column("artifacts", sa.Column("distributed_id", sa.Text()))
    op.create_index(op.f("ix_artifacts_ttl_s"), "artifacts", ["ttl_s"])
