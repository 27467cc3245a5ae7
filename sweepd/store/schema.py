"""The tables, as queries see them. `migrations/` makes them; a test holds the two together."""

from typing import Any

import sqlalchemy as sa

from sweepd.store.column_types import Count, UtcTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _pk() -> sa.Column[int]:
    return sa.Column("id", _Key, primary_key=True)


def _ref(name: str, target: str, nullable: bool = False, ondelete: str = "CASCADE") -> Any:
    return sa.Column(
        name, _Key, sa.ForeignKey(f"{target}.id", ondelete=ondelete), nullable=nullable
    )


def _table(name: str, *parts: Any) -> sa.Table:
    # AUTOINCREMENT: a key is never used twice, so an old node id cannot name a new thing.
    autoincrement = any(isinstance(part, sa.Column) and part.name == "id" for part in parts)
    return sa.Table(name, metadata, *parts, sqlite_autoincrement=autoincrement)


def _text(name: str, default: str | None = None) -> sa.Column[Any]:
    """Text; with a default it is never null."""
    return sa.Column(name, sa.Text, nullable=default is None, server_default=default)


def _int(name: str, default: int = 0) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=str(default))


def _time(name: str, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, UtcTime, nullable=nullable)


def new_key(inserted: sa.CursorResult[Any]) -> int:
    """Our key of the row that a statement has inserted."""
    key = inserted.inserted_primary_key
    assert key is not None  # a statement of one row always has it
    return int(key[0])


secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

entities = _table(
    "entities",
    _pk(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),  # user | team | organization
    _time("created_at", nullable=False),
)

users = _table(
    "users",
    _pk(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    _text("email", ""),
    sa.Column("is_admin", sa.Boolean, nullable=False),
    _time("created_at", nullable=False),
)

members = _table(
    "members",
    _ref("entity_pk", "entities"),
    _ref("user_pk", "users"),
    _text("role", "member"),
    sa.PrimaryKeyConstraint("entity_pk", "user_pk"),
)

api_keys = _table(
    "api_keys",
    _pk(),
    _ref("user_pk", "users"),
    sa.Column("digest", sa.Text, nullable=False, unique=True),  # SHA-256, hexadecimal
    _text("hint", ""),
    _text("description", ""),
    _time("created_at", nullable=False),
    _text("begins", ""),
)

sessions = _table(
    "sessions",  # of browsers
    sa.Column("digest", sa.Text, primary_key=True),  # SHA-256 of what the cookie holds
    _ref("user_pk", "users"),
    _ref("key_pk", "api_keys", nullable=True),  # null: a link began it
    _time("created_at", nullable=False),
    _time("expires_at", nullable=False),
    sa.Index(None, "user_pk"),
    sa.Index(None, "key_pk"),
)

sign_in_links = _table(
    "sign_in_links",
    sa.Column("digest", sa.Text, primary_key=True),
    _ref("user_pk", "users"),
    _time("created_at", nullable=False),
    _time("expires_at", nullable=False),
    sa.Index(None, "user_pk"),
)

projects = _table(
    "projects",
    _pk(),
    _ref("entity_pk", "entities"),
    sa.Column("name", sa.Text, nullable=False),
    _text("description", ""),
    _time("created_at", nullable=False),
    sa.UniqueConstraint("entity_pk", "name", name="uq_projects_entity_id_name"),
)

project_names = _table(
    "project_names",  # what projects were called before: these lead to them still
    _ref("entity_pk", "entities"),
    sa.Column("name", sa.Text, nullable=False),
    _ref("project_pk", "projects"),
    sa.PrimaryKeyConstraint("entity_pk", "name"),
    sa.Index(None, "project_pk"),
)

deleted_projects = _table(
    "deleted_projects",  # where they were before they came to the entity that nobody belongs to
    _ref("project_pk", "projects"),
    _ref("entity_pk", "entities"),
    sa.Column("name", sa.Text, nullable=False),
    _text("deleted_by", ""),
    _time("deleted_at", nullable=False),
    sa.PrimaryKeyConstraint("project_pk"),
    sa.Index(None, "entity_pk", "name"),
)

registries = _table(
    "registries",  # what a project of the organisation is more than a project
    _ref("project_pk", "projects"),
    sa.Column("is_restricted", sa.Boolean, nullable=False),
    sa.Column("takes_all_types", sa.Boolean, nullable=False),
    _text("type_names", "[]"),
    _time("updated_at", nullable=False),
    sa.PrimaryKeyConstraint("project_pk"),
)

registry_users = _table(
    "registry_users",
    _ref("project_pk", "projects"),
    _ref("user_pk", "users"),
    sa.Column("role", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("project_pk", "user_pk"),
    sa.Index(None, "user_pk"),
)

registry_teams = _table(
    "registry_teams",
    _ref("project_pk", "projects"),
    _ref("entity_pk", "entities"),
    sa.Column("role", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("project_pk", "entity_pk"),
    sa.Index(None, "entity_pk"),
)

sweeps = _table(
    "sweeps",
    _pk(),
    _ref("project_pk", "projects"),
    sa.Column("sweep_id", sa.Text, nullable=False),
    _text("display_name"),
    _text("description"),
    sa.Column("state", sa.Text, nullable=False),
    _text("state_reason", ""),
    sa.Column("config_yaml", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    _text("metric_name"),
    _text("metric_goal", "minimize"),
    sa.Column("run_cap", Count),
    sa.Column("n_configs", Count),
    sa.Column("next_index", Count, nullable=False, server_default="0"),
    _int("n_cells"),  # configs taken, cancelled ones left out
    _int("n_open"),  # of these, queued or reserved
    _int("n_prior"),  # runs attached at the start
    _int("n_outside"),  # runs attached or queued by hand which take no place of a finite search
    _int("n_runs"),  # attempts made; numbers the runs' names
    _int("seed"),
    _int("retries", 1),
    _text("controller", "{}"),
    _text("scheduler", "{}"),
    _ref("user_pk", "users", nullable=True, ondelete="SET NULL"),
    _time("created_at", nullable=False),
    _time("updated_at", nullable=False),
    _time("ended_at"),
    _time("deleted_at"),
    sa.UniqueConstraint("project_pk", "sweep_id", name="uq_sweeps_project_id_sweep_id"),
)

sweep_events = _table(
    "sweep_events",
    _pk(),
    _ref("sweep_pk", "sweeps"),
    _time("at", nullable=False),
    _text("actor", ""),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Index(None, "sweep_pk"),
)

cells = _table(
    "cells",
    _pk(),
    _ref("sweep_pk", "sweeps"),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("config", sa.Text, nullable=False),
    _int("n_attempts"),
    _int("n_lost"),
    _text("origin", "search"),
    _text("run_id"),
    sa.UniqueConstraint("sweep_pk", "key", name="uq_cells_sweep_id_key"),
    sa.Index(None, "sweep_pk", "state"),
)

agents = _table(
    "agents",
    _pk(),
    _ref("sweep_pk", "sweeps"),
    sa.Column("name", sa.Text, nullable=False),
    _text("host", ""),
    _ref("user_pk", "users", nullable=True, ondelete="SET NULL"),
    _text("alive_runs", "[]"),  # what it said at its last heartbeat
    _time("created_at", nullable=False),
    _time("heartbeat_at"),
    _time("exited_at"),
    sa.UniqueConstraint("sweep_pk", "name", name="uq_agents_sweep_id_name"),
)

runs = _table(
    "runs",
    _pk(),
    _ref("project_pk", "projects"),
    sa.Column("run_id", sa.Text, nullable=False),
    _text("display_name", ""),
    sa.Column("state", sa.Text, nullable=False),
    _ref("sweep_pk", "sweeps", nullable=True, ondelete="SET NULL"),
    _ref("cell_pk", "cells", nullable=True, ondelete="SET NULL"),
    _ref("agent_pk", "agents", nullable=True, ondelete="SET NULL"),
    _ref("user_pk", "users", nullable=True, ondelete="SET NULL"),
    _int("attempt", 1),
    _int("deliveries"),
    _text("config", "{}"),
    _text("summary", "{}"),
    _text("system_metrics", "{}"),
    _text("group_name"),
    _text("job_type"),
    _text("description"),
    _text("notes"),
    _text("tags", "[]"),
    _text("commit_sha"),
    _text("repo"),
    _text("host"),
    _text("program"),
    sa.Column("exitcode", sa.BigInteger),
    sa.Column("stop_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    _text("stop_reason"),
    _text("stop_origin"),
    sa.Column("is_preempting", sa.Boolean, nullable=False, server_default=sa.false()),
    _int("history_lines"),
    _int("events_lines"),
    _int("console_lines"),
    _int("last_step", -1),
    sa.Column("parent_pk", _Key),  # a fork's parent, whose first lines are its own first lines
    _int("inherited_lines"),  # how many of them
    _int("rewrites"),  # how often lines of history or events were replaced or cut off
    sa.Column("metric_last", sa.Double),
    sa.Column("metric_min", sa.Double),
    sa.Column("metric_max", sa.Double),
    _time("created_at", nullable=False),
    _time("started_at"),
    _time("stop_requested_at"),
    _time("heartbeat_at"),
    _time("ended_at"),
    _time("updated_at", nullable=False),
    _time("deleted_at"),
    sa.UniqueConstraint("project_pk", "run_id", name="uq_runs_project_id_run_id"),
    sa.Index(None, "project_pk", "created_at"),
    sa.Index("ix_runs_project_pk_updated_at", "project_pk", "updated_at", "deleted_at", "id"),
    sa.Index(None, "sweep_pk", "state", "deleted_at"),
    sa.Index(None, "cell_pk"),
    sa.Index(None, "parent_pk"),
    sa.Index("ix_runs_sweep_pk_ended_at", "sweep_pk", "ended_at"),
    sa.Index(None, "agent_pk", "state"),
    sa.Index(None, "state", "project_pk"),
    # Of deleted runs alone; said in its migration: said here it would load both dialects.
    sa.Index("ix_runs_deleted_at", "deleted_at"),
)

objectives = _table(
    "objectives",  # the finite values of the sweep's metric, counted from 1 in each run
    _ref("run_pk", "runs"),
    _ref("sweep_pk", "sweeps"),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("step", sa.BigInteger, nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("best", sa.Double, nullable=False),  # best by the goal among the first n
    sa.Column("at", sa.BigInteger, nullable=False, server_default="0"),  # arrival, microseconds
    sa.PrimaryKeyConstraint("run_pk", "n"),
    sa.Index(None, "sweep_pk", "n"),
)

chunks = _table(
    "chunks",
    _ref("run_pk", "runs"),
    sa.Column("stream", sa.SmallInteger, nullable=False),  # 0 history, 1 events, 2 console
    sa.Column("first_line", sa.BigInteger, nullable=False),
    _int("n_lines"),
    _int("min_step", -1),
    _int("max_step", -1),
    sa.Column("body", sa.LargeBinary, nullable=False),  # lines joined by newline, UTF-8
    sa.PrimaryKeyConstraint("run_pk", "stream", "first_line"),
)

segments = _table(  # history and events that were gathered into columns; chunks hold what is newer
    "segments",
    _ref("run_pk", "runs"),
    sa.Column("stream", sa.SmallInteger, nullable=False),
    sa.Column("first_line", sa.BigInteger, nullable=False),
    _int("n_lines"),
    _int("offset_lines"),  # lines of the packed ones before the first that counts here
    _int("min_step", -1),
    _int("max_step", -1),
    sa.Column("blob", sa.Text),
    sa.Column("body", sa.LargeBinary),  # instead of a blob, when small
    sa.PrimaryKeyConstraint("run_pk", "stream", "first_line"),
    sa.Index(None, "blob"),
)

writers = _table(  # the clients of runs in shared mode
    "writers",
    _ref("run_pk", "runs"),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("stream", sa.SmallInteger, nullable=False),
    _int("n_lines"),
    sa.PrimaryKeyConstraint("run_pk", "client_id", "stream"),
)

console_places = _table(  # where console lines of such clients stand in the run's console
    "console_places",
    _ref("run_pk", "runs"),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("first_line", sa.BigInteger, nullable=False),  # as the client counts
    _int("n_lines"),
    _int("position"),  # of the first of them, as the run counts
    sa.PrimaryKeyConstraint("run_pk", "client_id", "first_line"),
)

blobs = _table(
    "blobs",
    sa.Column("hash", sa.Text, primary_key=True),  # its name: see blob_names.py
    _int("size_bytes"),
    _text("md5", ""),  # base64; both empty where nobody has taken them
    _text("xxh128", ""),  # base64
    _time("created_at", nullable=False),
)

prior_runs = _table(  # of other sweeps, that count as results of a sweep begun later
    "sweep_prior_runs",
    _ref("sweep_pk", "sweeps"),
    _ref("run_pk", "runs"),
    _ref("cell_pk", "cells", nullable=True, ondelete="SET NULL"),
    sa.Column("metric_last", sa.Double),
    sa.Column("metric_min", sa.Double),
    sa.Column("metric_max", sa.Double),
    sa.PrimaryKeyConstraint("sweep_pk", "run_pk"),
    sa.Index(None, "run_pk"),
)

run_files = _table(
    "run_files",
    _pk(),
    _ref("run_pk", "runs"),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("blob", sa.Text, nullable=False),
    _int("size_bytes"),
    _text("md5", ""),
    _text("mimetype", ""),
    _time("updated_at", nullable=False),
    sa.UniqueConstraint("run_pk", "path"),
    sa.Index(None, "blob"),
)

collections = _table(
    "artifact_collections",
    _pk(),
    _ref("project_pk", "projects"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("type_name", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    _text("description"),
    _text("tags", "[]"),
    _text("client_id"),
    _int("next_version"),  # numbers given are never given again
    _time("created_at", nullable=False),
    _time("updated_at", nullable=False),
    sa.UniqueConstraint("project_pk", "name", name="uq_artifact_collections_project_id_name"),
    sa.Index(None, "client_id"),
)

artifacts = _table(
    "artifacts",
    _pk(),
    _ref("project_pk", "projects"),
    _ref("collection_pk", "artifact_collections"),
    _text("client_id"),
    sa.Column("digest", sa.Text, nullable=False),
    _text("digest_algorithm", "MANIFEST_MD5"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger),
    _text("description"),
    _text("metadata", "{}"),
    _text("tags", "[]"),
    _text("pending_aliases", "[]"),
    _int("size_bytes"),
    _int("n_files"),
    _ref("run_pk", "runs", nullable=True, ondelete="SET NULL"),
    sa.Column("history_step", sa.BigInteger),
    sa.Column("ttl_s", sa.BigInteger),
    _text("manifest_blob"),
    sa.Column("base_artifact_pk", _Key),  # what an incremental manifest adds to
    _text("distributed_id"),  # under which several writers build one version
    _text("commit_hash", ""),
    _time("created_at", nullable=False),
    _time("updated_at", nullable=False),
    sa.Index(None, "collection_pk", "digest"),
    sa.Index(None, "client_id"),
    sa.Index(None, "run_pk"),
    sa.Index(None, "manifest_blob"),
    sa.Index(None, "ttl_s"),
)

# Ids that clients gave to versions of theirs that turned out to be these.
client_ids = _table(
    "artifact_client_ids",
    sa.Column("client_id", sa.Text, nullable=False),
    _ref("artifact_pk", "artifacts"),
    sa.PrimaryKeyConstraint("client_id", "artifact_pk"),
    sa.Index(None, "artifact_pk"),
)

memberships = _table(
    "artifact_memberships",
    _pk(),
    _ref("collection_pk", "artifact_collections"),
    _ref("artifact_pk", "artifacts"),
    _int("version"),
    _time("created_at", nullable=False),
    sa.UniqueConstraint(
        "collection_pk", "version", name="uq_artifact_memberships_collection_id_version"
    ),
    sa.UniqueConstraint(
        "collection_pk", "artifact_pk", name="uq_artifact_memberships_collection_id_artifact_id"
    ),
)

aliases = _table(
    "artifact_aliases",
    _pk(),
    _ref("collection_pk", "artifact_collections"),
    _ref("membership_pk", "artifact_memberships"),
    sa.Column("alias", sa.Text, nullable=False),
    sa.UniqueConstraint("collection_pk", "alias", name="uq_artifact_aliases_collection_id_alias"),
    sa.Index(None, "membership_pk"),
)

entries = _table(
    "artifact_entries",
    _ref("artifact_pk", "artifacts"),
    sa.Column("path", sa.Text, nullable=False),
    _text("digest", ""),
    _text("algorithm", "MANIFEST_MD5"),
    _int("size_bytes"),
    _text("ref"),
    _text("blob"),
    sa.Column("birth_artifact_pk", _Key),
    sa.PrimaryKeyConstraint("artifact_pk", "path"),
    sa.Index(None, "blob"),
    sa.Index(None, "digest"),
)

outputs = _table(  # runs that logged a version which another had logged before
    "artifact_outputs",
    _ref("run_pk", "runs"),
    _ref("artifact_pk", "artifacts"),
    sa.PrimaryKeyConstraint("run_pk", "artifact_pk"),
    sa.Index(None, "artifact_pk"),
)

uses = _table(
    "artifact_uses",
    _ref("run_pk", "runs"),
    _ref("artifact_pk", "artifacts"),
    _text("used_as"),
    _time("created_at", nullable=False),
    sa.PrimaryKeyConstraint("run_pk", "artifact_pk"),
    sa.Index(None, "artifact_pk"),
)

charts = _table(
    "custom_charts",
    _pk(),
    _ref("entity_pk", "entities"),
    sa.Column("name", sa.Text, nullable=False),
    _text("display_name", ""),
    _text("chart_type", "vega2"),
    _text("access", "PRIVATE"),
    _text("spec", "{}"),
    sa.UniqueConstraint("entity_pk", "name", name="uq_custom_charts_entity_id_name"),
)

views = _table(
    "views",
    _pk(),
    _ref("project_pk", "projects"),
    _ref("user_pk", "users", nullable=True, ondelete="SET NULL"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    _text("display_name", ""),
    _text("description", ""),
    _text("spec", "{}"),
    _time("created_at", nullable=False),
    _time("updated_at", nullable=False),
    sa.Column("imported_from", sa.Text),
    _time("imported_at"),
    sa.UniqueConstraint("project_pk", "kind", "name"),
    sa.Index(None, "user_pk"),
)

alerts = _table(
    "alerts",
    _pk(),
    _ref("run_pk", "runs"),
    _text("title", ""),
    _text("body", ""),
    _text("severity", "INFO"),
    _time("at", nullable=False),
    sa.Index(None, "run_pk", "title"),
)

integrations = _table(  # where automations send to
    "integrations",
    _pk(),
    _ref("entity_pk", "entities"),
    _ref("user_pk", "users", nullable=True, ondelete="SET NULL"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    _text("secret", ""),
    _text("token", ""),
    _time("created_at", nullable=False),
    sa.UniqueConstraint("entity_pk", "name"),
    sa.Index(None, "user_pk"),
)

automations = _table(
    "automations",
    _pk(),
    _ref("entity_pk", "entities"),
    sa.Column("scope", sa.Text, nullable=False),
    _ref("project_pk", "projects", nullable=True),
    _ref("collection_pk", "artifact_collections", nullable=True),
    sa.Column("name", sa.Text, nullable=False),
    _text("description", ""),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    _text("filter", "{}"),
    sa.Column("action_type", sa.Text, nullable=False),
    _ref("integration_pk", "integrations", nullable=True),
    _text("action", "{}"),
    _ref("user_pk", "users", nullable=True, ondelete="SET NULL"),
    _time("created_at", nullable=False),
    _time("updated_at"),
    sa.UniqueConstraint("entity_pk", "name"),
    *(
        sa.Index(None, name)
        for name in ("project_pk", "collection_pk", "integration_pk", "user_pk", "event")
    ),
)

happenings = _table(  # until automations have looked at them; what they name may be gone
    "automation_events",
    _pk(),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("project_pk", _Key, nullable=False),
    sa.Column("run_pk", _Key),
    sa.Column("sweep_pk", _Key),
    sa.Column("collection_pk", _Key),
    sa.Column("artifact_pk", _Key),
    _text("details", "{}"),
)

automation_marks = _table(  # how far an automation has read a run's history
    "automation_marks",
    _ref("automation_pk", "automations"),
    _ref("run_pk", "runs"),
    _int("n_lines"),
    sa.Column("is_met", sa.Boolean, nullable=False),
    _text("last", "[]"),
    sa.PrimaryKeyConstraint("automation_pk", "run_pk"),
    sa.Index(None, "run_pk"),
)

deliveries = _table(
    "deliveries",
    _pk(),
    sa.Column("uid", sa.Text, nullable=False),
    _ref("automation_pk", "automations"),
    _ref("integration_pk", "integrations", nullable=True, ondelete="SET NULL"),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    _text("body", ""),
    sa.Column("state", sa.Text, nullable=False),
    _int("n_tries"),
    _time("next_at", nullable=False),
    _text("answer", ""),
    _time("created_at", nullable=False),
    _time("ended_at"),
    sa.UniqueConstraint("automation_pk", "key"),
    sa.Index(None, "state", "next_at"),
    sa.Index(None, "integration_pk"),
    sa.Index(None, "created_at"),
)
