"""Registries of the organisation, and who has which role in them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "registries",
        sa.Column("project_id", key, nullable=False),
        sa.Column("is_restricted", sa.Boolean(), nullable=False),
        sa.Column("takes_all_types", sa.Boolean(), nullable=False),
        sa.Column("type_names", sa.Text(), server_default="[]", nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_registries_project_id_projects"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_registries")),
    )
    for table, column, target in (
        ("registry_users", "user_id", "users"),
        ("registry_teams", "entity_id", "entities"),
    ):
        op.create_table(
            table,
            sa.Column("project_id", key, nullable=False),
            sa.Column(column, key, nullable=False),
            sa.Column("role", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint(
                ["project_id"],
                ["projects.id"],
                name=op.f(f"fk_{table}_project_id_projects"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(
                [column],
                [f"{target}.id"],
                name=op.f(f"fk_{table}_{column}_{target}"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("project_id", column, name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
