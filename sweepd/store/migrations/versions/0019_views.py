"""Saved workspaces and reports."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    table = "views"
    op.create_table(
        table,
        sa.Column("id", key, nullable=False),
        sa.Column("project_pk", key, nullable=False),
        sa.Column("user_pk", key, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False, server_default=""),
        sa.Column("description", sa.Text(), nullable=False, server_default=""),
        sa.Column("spec", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete=on
            )
            for column, target, on in (
                ("project_pk", "projects", "CASCADE"),
                ("user_pk", "users", "SET NULL"),
            )
        ),
        sa.UniqueConstraint(
            "project_pk", "kind", "name", name=op.f(f"uq_{table}_project_pk_kind_name")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{table}_user_pk"), table, ["user_pk"])
