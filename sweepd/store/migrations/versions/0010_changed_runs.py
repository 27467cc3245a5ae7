"""A project's runs by when they changed: pages of runs look at those alone."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index(
        "ix_runs_project_id_updated_at", "runs", ["project_id", "updated_at", "deleted_at", "id"]
    )
