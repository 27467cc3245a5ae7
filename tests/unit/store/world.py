"""Rows for tests of the store: made with as little as each table needs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sweepd.domain.artifacts import Artifact, ArtifactState, CollectionKind
from sweepd.domain.automations import (
    ActionType,
    Automation,
    EventType,
    IntegrationKind,
    ScopeType,
)
from sweepd.domain.runs import Run, RunState
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.store import (
    artifact_collections,
    artifacts,
    automations,
    memberships,
    projects,
    runs,
    sweeps,
    users,
)
from sweepd.store.database import Connection

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """A time so long after the start."""
    return START + timedelta(seconds=seconds)


class World:
    """Users ann and bob, ann's project p and bob's q."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ann, self.ann_entity = self.user("ann")
        self.bob, self.bob_entity = self.user("bob")
        self.p = self.project("p")
        self.q = self.project("q", self.bob_entity)
        self._n = 0

    def user(self, name: str) -> tuple[int, int]:
        """A user and the entity of that name."""
        pk = users.create_user(self.connection, name, f"{name}@x", name == "ann", START)
        entity = users.create_entity(self.connection, name, "user", START)
        users.add_member(self.connection, entity, pk, "admin")
        return pk, entity

    def project(self, name: str, entity_pk: int = 0, seconds: float = 0) -> int:
        """A project; of ann's unless another entity is named."""
        owner = entity_pk or self.ann_entity
        return projects.get_or_create_project(self.connection, owner, name, at(seconds)).pk

    def run(self, name: str = "", seconds: float = 0, project_pk: int = 0, **more: Any) -> Run:
        """A finished run, unless said otherwise."""
        self._n += 1
        values: dict[str, Any] = {
            "project_pk": project_pk or self.p,
            "run_id": name or f"run{self._n}",
            "state": RunState.FINISHED,
            "created_at": at(seconds),
            "updated_at": at(seconds),
        }
        return runs.create_run(self.connection, {**values, **more})

    def sweep(self, name: str = "", seconds: float = 0, **more: Any) -> Sweep:
        """A running sweep."""
        self._n += 1
        values: dict[str, Any] = {
            "project_pk": self.p,
            "sweep_id": name or f"sweep{self._n}",
            "state": SweepState.RUNNING,
            "config_yaml": "method: grid",
            "method": "grid",
            "created_at": at(seconds),
            "updated_at": at(seconds),
        }
        return sweeps.create_sweep(self.connection, {**values, **more})

    def collection(self, name: str = "c", project_pk: int = 0, **more: Any) -> int:
        """A sequence of artifacts."""
        values: dict[str, Any] = {
            "project_pk": project_pk or self.p,
            "kind": CollectionKind.SEQUENCE,
            "type_name": "model",
            "name": name,
            "created_at": START,
            "updated_at": START,
        }
        return artifact_collections.create_collection(self.connection, {**values, **more}).pk

    def version(self, collection_pk: int, seconds: float = 0, **more: Any) -> Artifact:
        """A committed version in its collection."""
        self._n += 1
        values: dict[str, Any] = {
            "project_pk": self.p,
            "collection_pk": collection_pk,
            "digest": f"{self._n:032x}",
            "state": ArtifactState.COMMITTED,
            "commit_hash": "",
            "created_at": at(seconds),
            "updated_at": at(seconds),
        }
        made = artifacts.create_artifact(self.connection, {**values, **more})
        memberships.add_membership(self.connection, collection_pk, made.pk, at(seconds))
        return artifacts.get_artifact(self.connection, made.pk)

    def integration(self, name: str, entity_pk: int = 0, **more: Any) -> int | None:
        """Where automations of ann's send to, unless another entity is named."""
        values: dict[str, Any] = {
            "entity_pk": entity_pk or self.ann_entity,
            "kind": IntegrationKind.WEBHOOK,
            "name": name,
            "target": "https://receiver",
            "created_at": START,
        }
        return automations.create_integration(self.connection, {**values, **more})

    def automation(
        self, name: str, event: EventType = EventType.RUN_STATE, **more: Any
    ) -> Automation:
        """One of ann's that looks at her project."""
        values: dict[str, Any] = {
            "entity_pk": self.ann_entity,
            "scope": ScopeType.PROJECT,
            "project_pk": self.p,
            "name": name,
            "enabled": True,
            "event": event,
            "action_type": ActionType.NOTIFICATION,
            "created_at": START,
        }
        pk = automations.create_automation(self.connection, {**values, **more})
        assert pk is not None, f"there is an automation {name}"
        made = automations.find_automation(self.connection, pk)
        assert made is not None
        return made


def names(found: Sequence[Run]) -> list[str]:
    """Ids of runs."""
    return [run.run_id for run in found]
