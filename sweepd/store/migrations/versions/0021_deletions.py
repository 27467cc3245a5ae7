"""Projects and sweeps can be deleted and brought back; a renamed project keeps its old names."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

    def refer(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
        name = op.f(f"fk_{table}_{column}_{target}")
        return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")

    table = "project_names"
    op.create_table(
        table,
        sa.Column("entity_pk", key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("project_pk", key, nullable=False),
        refer(table, "entity_pk", "entities"),
        refer(table, "project_pk", "projects"),
        sa.PrimaryKeyConstraint("entity_pk", "name", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_project_pk"), table, ["project_pk"])
    table = "deleted_projects"
    op.create_table(
        table,
        sa.Column("project_pk", key, nullable=False),
        sa.Column("entity_pk", key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("deleted_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        refer(table, "project_pk", "projects"),
        refer(table, "entity_pk", "entities"),
        sa.PrimaryKeyConstraint("project_pk", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_entity_pk_name"), table, ["entity_pk", "name"])
    op.add_column("sweeps", sa.Column("deleted_at", sa.BigInteger(), nullable=True))
    is_deleted = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_runs_deleted_at",
        "runs",
        ["deleted_at"],
        sqlite_where=is_deleted,
        postgresql_where=is_deleted,
    )
