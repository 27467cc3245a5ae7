"""Live runs are found by their state alone: an index that no heartbeat changes."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.drop_index("ix_runs_state_heartbeat_at", "runs")
    op.create_index(op.f("ix_runs_state"), "runs", ["state"])
