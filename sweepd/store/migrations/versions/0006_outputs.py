"""Runs that logged what was there already; files of artifacts by their digest."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "artifact_outputs",
        sa.Column("run_pk", key, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "artifact_id", key, sa.ForeignKey("artifacts.id", ondelete="CASCADE"), nullable=False
        ),
        sa.PrimaryKeyConstraint("run_pk", "artifact_id"),
    )
    op.create_index(op.f("ix_artifact_outputs_artifact_id"), "artifact_outputs", ["artifact_id"])
    op.create_index(op.f("ix_artifact_entries_digest"), "artifact_entries", ["digest"])
