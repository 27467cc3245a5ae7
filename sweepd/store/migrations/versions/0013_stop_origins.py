"""Who asked a run to stop: a rule, a person, its sweep; of older runs read off the reason."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("runs", sa.Column("stop_origin", sa.Text(), nullable=True))
    asked = "UPDATE runs SET stop_origin = :origin WHERE stop_requested AND stop_origin IS NULL"
    for origin, pattern in (
        ("person", "stopped by %"),
        ("person", "deleted by %"),
        ("sweep", "sweep canceled"),
        ("rule", "%"),
    ):
        op.get_bind().execute(
            sa.text(f"{asked} AND stop_reason LIKE :pattern"),
            {"origin": origin, "pattern": pattern},
        )
