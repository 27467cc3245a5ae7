"""The runs of a sweep are counted from an index alone."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.drop_index("ix_runs_sweep_pk_state", "runs")
    op.create_index(
        "ix_runs_sweep_pk_state_deleted_at", "runs", ["sweep_pk", "state", "deleted_at"]
    )
