"""Histories as columns: segments behind the chunks, and how often a run's lines were rewritten."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "segments",
        sa.Column("run_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stream", sa.SmallInteger(), nullable=False),
        sa.Column("first_line", sa.BigInteger(), nullable=False),
        sa.Column("n_lines", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("offset_lines", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("min_step", sa.BigInteger(), server_default="-1", nullable=False),
        sa.Column("max_step", sa.BigInteger(), server_default="-1", nullable=False),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_pk"], ["runs.id"], name=op.f("fk_segments_run_pk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_pk", "stream", "first_line", name=op.f("pk_segments")),
    )
    op.create_index(op.f("ix_segments_blob"), "segments", ["blob"])
    op.add_column(
        "runs", sa.Column("rewrites", sa.BigInteger(), server_default="0", nullable=False)
    )
