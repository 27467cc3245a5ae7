"""Live runs of a project are found by an index: what a post changes stands in none."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.drop_index("ix_runs_state", "runs")
    op.create_index(op.f("ix_runs_state_project_pk"), "runs", ["state", "project_pk"])
