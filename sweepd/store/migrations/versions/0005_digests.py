"""Digests of artifacts and their files may be XXH128."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for table, name, default in (
        ("blobs", "xxh128", ""),
        ("artifacts", "digest_algorithm", "MANIFEST_MD5"),
        ("artifact_entries", "algorithm", "MANIFEST_MD5"),
    ):
        column = sa.Column(name, sa.Text(), server_default=default, nullable=False)
        op.add_column(table, column)
