"""What was deleted is gone for its owner too: every operation and address answers as of what never
was, nothing of it is changed, and all of it is back when it is brought back."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sweepd.wandb_api import wire
from tests.protocol import access_world
from tests.protocol.access_cases import CASES, Case
from tests.protocol.access_world import ANN, Guarded, World, ask, rows
from tests.protocol.test_access import filled, seen
from tests.protocol.test_access_addresses import _addresses, _anonymous, _sender

pytestmark = pytest.mark.slow  # each kind on a folder of its own

BOUND = {  # what goes along with each
    "project": {
        *("project", "run", "run_id", "file_id", "sweep", "sweep_id", "agent_id", "collection"),
        *("collection_id", "portfolio", "portfolio_id", "artifact_id", "artifact_manifest_id"),
        *("pending_id", "pending_manifest_id", "client_id", "upload_id", "view", "view_id"),
    },
    "sweep": {"sweep", "sweep_id", "agent_id"},
    "run": {"run", "run_id", "file_id"},
}
TABLES = {
    "project": ("runs", "sweeps", "agents", "artifacts", "views", "run_files", "chunks"),
    "sweep": ("sweeps", "agents", "cells", "runs"),
    "run": ("runs", "run_files", "chunks"),
}
MAKING = {  # what may begin anew under a free name, or leaves out what is not there
    *("Mutation.upsertModel", "Mutation.upsertBucket: into a sweep", "Mutation.createArtifactType"),
    *("Mutation.upsertSweep: a new one", "Mutation.upsertView: by name", "Query.models"),
    *("Mutation.createArtifact", "Mutation.upsertBucket: by name", "Mutation.useArtifact"),
    *("Mutation.createArtifactManifest", "Query.artifact", "Query.project", "Query.model"),
}


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("@"):
        yield value[1:]
    for item in value.values() if isinstance(value, dict) else value if type(value) is list else ():
        yield from _names(item)


def _concerned(kind: str) -> dict[str, Case]:
    """The operations that name what goes, those that may make something last."""
    found = {n: c for n, c in CASES.items() if BOUND[kind].intersection(_names(c.variables))}
    return dict(sorted(found.items(), key=lambda item: item[0] in MAKING))


def _delete(guarded: Guarded, kind: str) -> None:
    services, world = guarded.parts.services, guarded.world
    ann = services.users.get_caller("ann")
    if kind == "project":
        services.projects.delete(ann, services.projects.get(ann, "ann", world["project"]).pk)
    elif kind == "sweep":
        services.sweeps.delete(ann, wire.read_node_id("Sweep", world["sweep_id"]))
    else:
        services.runs.delete(ann, wire.read_node_id("Run", world["run_id"]))


def _bring_back(guarded: Guarded, kind: str) -> None:
    services, world = guarded.parts.services, guarded.world
    ann = services.users.get_caller("ann")
    if kind == "project":
        [found] = services.projects.list_deleted(ann)
        assert services.projects.undelete(ann, found.pk).name == world["project"]
    elif kind == "sweep":
        services.sweeps.undelete(ann, wire.read_node_id("Sweep", world["sweep_id"]))
    else:
        services.runs.undelete(ann, wire.read_node_id("Run", world["run_id"]))


def _absent(world: World, kind: str) -> World:
    gone = access_world.absent(world)
    return {name: gone[name] if name in BOUND[kind] else value for name, value in world.items()}


@pytest.mark.parametrize("kind", BOUND)
def test_every_operation_calls_what_is_deleted_gone(kind: str, guarded: Guarded) -> None:
    http, parts, world = guarded.http, guarded.parts, guarded.world
    gone, cases = _absent(world, kind), _concerned(kind)
    assert len(cases) > 2
    _delete(guarded, kind)
    before = rows(parts)
    for name, case in cases.items():
        real = ask(http, ANN, case.document, **filled(case.variables, world))
        if name in MAKING:
            bare = _anonymous(real.text, {n: v for n, v in world.items() if n in BOUND[kind]})
            assert "hush-loss" not in bare and "hush.txt" not in bare, (name, bare)
        else:
            unreal = ask(http, ANN, case.document, **filled(case.variables, gone))
            assert seen(real, world) == seen(unreal, gone), name
            assert rows(parts) == before, name
    after = rows(parts)
    for table in TABLES[kind]:
        assert [row for row in before[table] if row not in after[table]] == [], table


@pytest.mark.parametrize("kind", BOUND)
def test_every_address_calls_what_is_deleted_gone(kind: str, guarded: Guarded) -> None:
    http, parts, world = guarded.http, guarded.parts, guarded.world
    gone = _absent(world, kind) | {"md5": base64.b64encode(b"\0" * 16).decode()}
    all_real, unreal = _addresses(world), _addresses(gone)
    real = {key: path for key, path in all_real.items() if path != unreal[key]}
    if kind != "project":
        real = {key: path for key, path in real.items() if f"{{{kind}}}" in key[1]}
    assert len(real) > 5
    send = _sender(http, ANN)
    _delete(guarded, kind)
    before = rows(parts)
    for key, path in real.items():
        answer, other = send(key, path), send(key, unreal[key])
        assert answer.status_code == other.status_code == 404, (key, path, answer.text)
        assert _anonymous(answer.text, world) == _anonymous(other.text, gone), (key, path)
    assert rows(parts) == before
    listed = [
        "/",
        "/ann",
        f"/ann/{world['project']}/runs",
        f"/-/projects/ann/{world['project']}/runs",
    ]
    for path in listed if kind == "project" else listed[2:]:
        assert world[kind] not in _anonymous(
            http.get(path).text, {"project": world["project"]}
        ) or (kind == "project")
    if kind == "project":
        assert f"/ann/{world['project']}" not in http.get("/").text
    _bring_back(guarded, kind)
    for key, path in all_real.items():
        answer = send(key, path)
        assert answer.status_code not in (401, 403, 404), (key, path, answer.text)


def test_what_a_deleted_project_s_run_goes_on_to_say_makes_no_new_one(
    guarded: Guarded,
) -> None:
    http, world = guarded.http, guarded.world
    _delete(guarded, "project")
    upsert = "mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { inserted } }"
    where = {"entityName": "ann", "modelName": world["project"], "name": world["run"]}
    assert ask(http, ANN, upsert, i={**where, "summaryMetrics": "{}"}).status_code == 404
    stream = {"files": {"wandb-history.jsonl": {"offset": 1, "content": ['{"_step":1}']}}}
    path = f"/files/ann/{world['project']}/{world['run']}/file_stream"
    assert http.post(path, json=stream, auth=("api", ANN)).status_code == 404
    begun = ask(http, ANN, upsert, i={**where, "host": "here", "config": "{}"})
    assert json.loads(begun.text)["data"]["upsertBucket"] == {"inserted": True}, "the name is free"
