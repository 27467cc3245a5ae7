"""Sessions of browsers and one-time links as rows, which end with their user and key."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for table, references in (
        ("sessions", (("user_pk", "users", False), ("key_pk", "api_keys", True))),
        ("sign_in_links", (("user_pk", "users", False),)),
    ):
        op.create_table(
            table,
            sa.Column("digest", sa.Text(), nullable=False),
            *(sa.Column(name, key, nullable=nullable) for name, _, nullable in references),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("expires_at", sa.BigInteger(), nullable=False),
            *(
                sa.ForeignKeyConstraint(
                    [name],
                    [f"{target}.id"],
                    name=op.f(f"fk_{table}_{name}_{target}"),
                    ondelete="CASCADE",
                )
                for name, target, _ in references
            ),
            sa.PrimaryKeyConstraint("digest", name=op.f(f"pk_{table}")),
        )
        for name, _, _ in references:
            op.create_index(op.f(f"ix_{table}_{name}"), table, [name])
    op.execute("DELETE FROM secrets WHERE name LIKE 'sign-in:%'")  # links that never expired
