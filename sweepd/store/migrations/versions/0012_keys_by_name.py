"""Columns that hold numbers of ours end in `_pk`; `_id` is left to texts clients know.

Constraints keep the names they were made with: SQLite cannot rename them without copying a table.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

COLUMNS = {
    "api_keys": ("user",),
    "custom_charts": ("entity",),
    "members": ("entity", "user"),
    "projects": ("entity",),
    "registries": ("project",),
    "registry_teams": ("project", "entity"),
    "registry_users": ("project", "user"),
    "sweeps": ("project", "user"),
    "sweep_events": ("sweep",),
    "cells": ("sweep",),
    "agents": ("sweep", "user"),
    "runs": ("project", "user"),
    "artifact_collections": ("project",),
    "artifacts": ("project", "collection", "base_artifact"),
    "artifact_client_ids": ("artifact",),
    "artifact_entries": ("artifact", "birth_artifact"),
    "artifact_memberships": ("collection", "artifact"),
    "artifact_outputs": ("artifact",),
    "artifact_uses": ("artifact",),
    "artifact_aliases": ("collection", "membership"),
}
INDEXES = {  # old name: table, columns
    "ix_registry_teams_entity_id": ("registry_teams", ["entity_pk"]),
    "ix_registry_users_user_id": ("registry_users", ["user_pk"]),
    "ix_sweep_events_sweep_id": ("sweep_events", ["sweep_pk"]),
    "ix_cells_sweep_id_state": ("cells", ["sweep_pk", "state"]),
    "ix_runs_project_id_created_at": ("runs", ["project_pk", "created_at"]),
    "ix_runs_project_id_updated_at": ("runs", ["project_pk", "updated_at", "deleted_at", "id"]),
    "ix_artifacts_collection_id_digest": ("artifacts", ["collection_pk", "digest"]),
    "ix_artifact_client_ids_artifact_id": ("artifact_client_ids", ["artifact_pk"]),
    "ix_artifact_outputs_artifact_id": ("artifact_outputs", ["artifact_pk"]),
    "ix_artifact_uses_artifact_id": ("artifact_uses", ["artifact_pk"]),
    "ix_artifact_aliases_membership_id": ("artifact_aliases", ["membership_pk"]),
}


def upgrade() -> None:
    for table, names in COLUMNS.items():
        for name in names:
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {name}_id TO {name}_pk")
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for old, (table, columns) in INDEXES.items():
        new = old.replace("_id", "_pk", 1) if "client_ids" not in old else f"ix_{table}_artifact_pk"
        if on_postgresql:
            op.execute(f"ALTER INDEX {old} RENAME TO {new}")
        else:
            op.drop_index(old, table)
            op.create_index(new, table, columns)
