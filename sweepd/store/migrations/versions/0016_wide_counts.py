"""Counts and positions of sweeps of any size; how many runs a sweep had before its own."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

COLUMNS = {"run_cap": None, "n_configs": None, "next_index": "0"}  # name: default


def upgrade() -> None:
    for name in ("n_prior", "n_outside"):
        op.add_column(
            "sweeps", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
        )
    if op.get_bind().dialect.name == "postgresql":
        for name, default in COLUMNS.items():
            op.execute(f"ALTER TABLE sweeps ALTER COLUMN {name} DROP DEFAULT")
            op.execute(f"ALTER TABLE sweeps ALTER COLUMN {name} TYPE TEXT USING to_hex({name})")
            if default is not None:
                op.execute(f"ALTER TABLE sweeps ALTER COLUMN {name} SET DEFAULT '{default}'")
    else:  # the column's type is a rule for what is stored: another column is needed
        for name, default in COLUMNS.items():
            op.execute(f"ALTER TABLE sweeps RENAME COLUMN {name} TO old_{name}")
            column = sa.Column(name, sa.Text(), server_default=default, nullable=default is None)
            op.add_column("sweeps", column)
            op.execute(
                f"UPDATE sweeps SET {name} = printf('%x', old_{name}) WHERE old_{name} IS NOT NULL"
            )
            op.execute(f"ALTER TABLE sweeps DROP COLUMN old_{name}")
    op.execute(
        "UPDATE sweeps SET n_prior = (SELECT count(*) FROM cells "
        "WHERE cells.sweep_pk = sweeps.id AND cells.origin = 'prior')"
    )
