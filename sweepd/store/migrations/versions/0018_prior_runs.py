"""Runs of other sweeps that count as results of a sweep begun later."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    table = "sweep_prior_runs"
    op.create_table(
        table,
        sa.Column("sweep_pk", key, nullable=False),
        sa.Column("run_pk", key, nullable=False),
        sa.Column("cell_pk", key, nullable=True),
        sa.Column("metric_last", sa.Double(), nullable=True),
        sa.Column("metric_min", sa.Double(), nullable=True),
        sa.Column("metric_max", sa.Double(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete=on
            )
            for column, target, on in (
                ("sweep_pk", "sweeps", "CASCADE"),
                ("run_pk", "runs", "CASCADE"),
                ("cell_pk", "cells", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("sweep_pk", "run_pk", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_run_pk"), table, ["run_pk"])
