"""Automations: where to, what and when, what happened, what is told."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _KEY, nullable=nullable)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _whole(name: str, nullable: bool = False, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, server_default=default)


def _refers(table: str, *pairs: tuple[str, str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete=on
        )
        for column, target, on in pairs
    ]


def _create(table: str, *parts: sa.Column[int] | sa.Column[str] | sa.Constraint) -> None:
    op.create_table(
        table,
        _key("id"),
        *parts,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sqlite_autoincrement=True,
    )


def upgrade() -> None:
    table = "integrations"
    _create(
        table,
        _key("entity_pk"),
        _key("user_pk", nullable=True),
        _text("kind"),
        _text("name"),
        _text("target"),
        _text("secret", ""),
        _text("token", ""),
        _whole("created_at"),
        *_refers(table, ("entity_pk", "entities", "CASCADE"), ("user_pk", "users", "SET NULL")),
        sa.UniqueConstraint("entity_pk", "name", name=op.f(f"uq_{table}_entity_pk_name")),
    )
    op.create_index(op.f(f"ix_{table}_user_pk"), table, ["user_pk"])
    table = "automations"
    _create(
        table,
        _key("entity_pk"),
        _text("scope"),
        _key("project_pk", nullable=True),
        _key("collection_pk", nullable=True),
        _text("name"),
        _text("description", ""),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        _text("event"),
        _text("filter", "{}"),
        _text("action_type"),
        _key("integration_pk", nullable=True),
        _text("action", "{}"),
        _key("user_pk", nullable=True),
        _whole("created_at"),
        _whole("updated_at", nullable=True),
        *_refers(
            table,
            ("entity_pk", "entities", "CASCADE"),
            ("project_pk", "projects", "CASCADE"),
            ("collection_pk", "artifact_collections", "CASCADE"),
            ("integration_pk", "integrations", "CASCADE"),
            ("user_pk", "users", "SET NULL"),
        ),
        sa.UniqueConstraint("entity_pk", "name", name=op.f(f"uq_{table}_entity_pk_name")),
    )
    for column in ("project_pk", "collection_pk", "integration_pk", "user_pk", "event"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    _create(
        "automation_events",
        _text("event"),
        _key("project_pk"),
        _key("run_pk", nullable=True),
        _key("sweep_pk", nullable=True),
        _key("collection_pk", nullable=True),
        _key("artifact_pk", nullable=True),
        _text("details", "{}"),
    )
    table = "automation_marks"
    op.create_table(
        table,
        _key("automation_pk"),
        _key("run_pk"),
        _whole("n_lines", default="0"),
        sa.Column("is_met", sa.Boolean(), nullable=False),
        _text("last", "[]"),
        *_refers(table, ("automation_pk", "automations", "CASCADE"), ("run_pk", "runs", "CASCADE")),
        sa.PrimaryKeyConstraint("automation_pk", "run_pk", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_run_pk"), table, ["run_pk"])
    table = "deliveries"
    _create(
        table,
        _text("uid"),
        _key("automation_pk"),
        _key("integration_pk", nullable=True),
        _text("key"),
        _text("event"),
        _text("body", ""),
        _text("state"),
        _whole("n_tries", default="0"),
        _whole("next_at"),
        _text("answer", ""),
        _whole("created_at"),
        _whole("ended_at", nullable=True),
        *_refers(
            table,
            ("automation_pk", "automations", "CASCADE"),
            ("integration_pk", "integrations", "SET NULL"),
        ),
        sa.UniqueConstraint("automation_pk", "key", name=op.f(f"uq_{table}_automation_pk_key")),
    )
    op.create_index(op.f(f"ix_{table}_state_next_at"), table, ["state", "next_at"])
    op.create_index(op.f(f"ix_{table}_integration_pk"), table, ["integration_pk"])
    op.create_index(op.f(f"ix_{table}_created_at"), table, ["created_at"])
