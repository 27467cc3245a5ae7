"""A project as its users made it, and what of it is seen: for tests that move it elsewhere."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio

from sweepd import server
from sweepd.cli.own_server import OwnServer
from sweepd.domain.artifacts import Digest, DigestAlgorithm
from sweepd.domain.paging import BEGINNING
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.domain.views import REPORT, SWEEP_PAGE, WORKSPACE, View, own_name, own_sweep_name
from sweepd.services.artifacts.artifact_collections import CollectionChange
from sweepd.services.artifacts.manifests import make_digest
from sweepd.services.artifacts.uploads import ComingFile, NewArtifact
from sweepd.services.moving.wire_project import WireProject
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.streams.reading import Stream
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.services.workspaces.views import ViewChange
from tests.conftest import FakeClock, build_parts

GRID = (
    "method: grid\nmetric: {name: loss, goal: minimize}\nparameters: {lr: {values: [1, 2, 3, 4]}}\n"
)
N_LINES = 30


async def body(text: bytes) -> AsyncIterator[bytes]:
    yield text


def log_version(
    parts: server.Parts, ann: Caller, run_id: str, name: str, files: dict[str, bytes], **more: Any
) -> int:
    """A version as a client logs it; its key."""
    uploads = parts.services.artifacts.uploads
    digests = {p: base64.b64encode(hashlib.md5(b).digest()).decode() for p, b in files.items()}
    contents: dict[str, Any] = {
        path: {"digest": digests[path], "size": len(text)} for path, text in files.items()
    }
    contents |= more.pop("references", {})
    digest = make_digest(contents, DigestAlgorithm.MD5)
    new = NewArtifact("ann", "p", run_id, "model", name, digest, **more)
    pending = uploads.create(ann, new)
    coming = [ComingFile(pending.pk, path, Digest(digests[path])) for path in files]
    uploads.announce_files(ann, coming)
    for one in coming:
        text = files[one.path]
        anyio.run(uploads.put_file, pending.pk, one.path, body(text), len(text), one.digest)
    policy = {"storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"a": "b"}}
    manifest = json.dumps({"version": 1, **policy, "contents": contents}).encode()
    anyio.run(uploads.manifests.put, pending.pk, body(manifest), None)
    return uploads.commit(ann, pending.pk, lambda _: pending.pk).pk


def make(folder: Path) -> tuple[server.Parts, Caller]:
    """A server with a project `ann/p`: a half done grid, runs, versions, a portfolio."""
    clock = FakeClock()
    parts = build_parts(folder, clock)
    parts.services.users.add_user("ann")
    ann = parts.services.users.get_caller("ann")
    services = parts.services
    sweep, _ = services.sweeps.create(ann, "ann", "p", SweepChange(GRID, display_name="half"))
    for number, (run_id, code) in enumerate([("one", 0), ("two", 1), ("three", 0), ("live", None)]):
        clock.forward(60)
        config = {"lr": {"value": number + 1}, "_wandb": {"value": {"t": {"1": [1]}}}}
        in_sweep = sweep.sweep_id if run_id in ("one", "two") else None
        change = RunChange(
            config=json.dumps(config),
            display_name=f"run {run_id}",
            notes="why",
            tags=["a", "b"],
            group_name="g",
            job_type="train",
            sweep_id=in_sweep,
            host="there",
        )
        services.runs.upsert(ann, "ann", "p", run_id, change)
        reference = "wandb-client-artifact://clientofmodel/model.bin" if number == 2 else number
        rows = [
            json.dumps({"_step": k, "loss": 1 / (k + number + 1), "of": reference})
            for k in range(N_LINES)
        ]
        console = ["ERROR 2026-01-01T00:00:00.5 oh", '{"content": "plain", "label": "rank 1"}']
        post = StreamPost(
            history=Lines(0, rows),
            events=Lines(0, ['{"system.cpu": 1.5}', '{"system.cpu": 2}']),
            console=[Lines(0, console)],
            summary=json.dumps({"loss": 1 / (N_LINES + number), "best": float("nan")}),
        )
        services.history.append(ann, "ann", "p", run_id, post)
        run = services.runs.get(ann, "ann", "p", run_id)
        anyio.run(
            services.files.put_run_file, run.pk, f"media/{run_id}.txt", body(b"text"), "", 100
        )
        if code is not None:
            ended = StreamPost(exitcode=code, is_complete=True)
            services.history.append(ann, "ann", "p", run_id, ended)
    artifacts = services.artifacts
    log_version(parts, ann, "one", "model", {"model.bin": b"v0"}, client_id="clientofmodel")
    gone = log_version(parts, ann, "one", "model", {"model.bin": b"v1"})
    best = log_version(
        parts, ann, "two", "model", {"model.bin": b"v2", "also": b"v0"}, aliases=["best"],
        tags=["t"], description="good", metadata='{"acc": 0.5}',
    )  # fmt: skip
    artifacts.removals.delete(ann, gone, delete_aliases=True)
    reference = f"wandb-artifact://{f'Artifact:{best}'.encode().hex()}/model.bin"
    other = {"there": {"digest": "x", "ref": reference, "size": 2}}
    log_version(parts, ann, "two", "refers", {}, references=other)
    artifacts.use(ann, services.runs.get(ann, "ann", "p", "three"), best, None)
    linked = artifacts.collections.link(ann, best, "ann", "p", "chosen", ["prod"])
    words = CollectionChange(description="those in use", add_tags=["kept"])
    artifacts.collections.change_collection(ann, linked.collection_pk, words)
    runs = services.runs
    services.notices.alert(runs.get(ann, "ann", "p", "one"), "low", "accuracy", "WARN", 0)
    own = json.dumps({"runSets": [{"project": {"entityName": "ann", "name": "p"}}]})
    for kind, name, title, spec in (
        (WORKSPACE, own_name("ann"), "", own),
        (REPORT, "4f1d7a", "What came of it", '{"width":  1.0}'),
        (SWEEP_PAGE, own_sweep_name("ann", sweep.sweep_id), "", "{}"),
    ):
        clock.forward(60)
        services.views.save(ann, "ann", "p", ViewChange(kind, name, title, "of p", spec))
    return parts, ann


def source_of(parts: server.Parts, _: Caller) -> WireProject:
    """The project as another server reads it."""
    return WireProject(OwnServer(parts, "ann"), "https://there", "ann", "p")


def seen(parts: server.Parts, ann: Caller, entity: str, project: str) -> dict[str, Any]:
    """All of a project that should come over, without keys and states of those who live."""
    services = parts.services
    found = services.projects.find(ann, entity, project)
    assert found is not None
    runs = services.runs.list_all(found)
    versions = {}
    for collection in services.artifacts.collections.list_collections(found):
        for place, artifact in services.artifacts.collections.list_versions(collection):
            entries = services.artifacts.entries(artifact)
            producer = services.artifacts.producer(ann, artifact)
            versions[f"{collection.name}:v{place.version}"] = {
                "of": (collection.kind, collection.type_name, collection.description),
                "tags": (collection.tags, artifact.tags),
                "aliases": sorted(place.aliases),
                "words": (artifact.digest, artifact.description, artifact.metadata),
                "made": (artifact.created_at, producer and producer.run_id),
                "used": [run.run_id for run in services.artifacts.consumers(ann, artifact)],
                "bytes": {e.path: services.files.read(e.blob) for e in entries if e.blob},
                "policy": _policy(services.files.read(artifact.manifest_blob or "")),
                "references": [e.path for e in entries if e.ref],
            }
    return {
        "runs": {run.run_id: _run_seen(parts, run) for run in runs},
        "versions": versions,
        "views": {
            (view.kind, view.name): _view_seen(view)
            for _, view in services.views.page(found, BEGINNING, None).items
        },
        "sweeps": {
            sweep.sweep_id: (sweep.display_name, sweep.config_yaml, sweep.created_at)
            for sweep in services.sweeps.list_all(found)
        },
    }


def _view_seen(view: View) -> tuple[Any, ...]:
    spec = json.dumps(json.loads(view.spec)).replace(json.dumps(view.project), "this")
    return view.display_name, view.description, spec, view.created_at, view.updated_at


def _policy(manifest: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(manifest)
    return {name: value for name, value in found.items() if name != "contents"}


def _run_seen(parts: server.Parts, run: Run) -> dict[str, Any]:
    services = parts.services
    config = json.loads(run.config)
    config.pop("_wandb")
    names = ("display_name", "notes", "tags", "group_name", "job_type", "summary", "sweep_id")
    is_live = run.run_id == "live"
    return {
        **{name: getattr(run, name) for name in names},
        "config": config,
        "created": run.created_at,
        "state": "crashed" if is_live else run.state,
        "history": services.reading.lines(run, Stream.HISTORY),
        "events": services.reading.lines(run, Stream.EVENTS),
        "console": services.reading.console(run),
        "alerts": [
            (alert.title, alert.body, alert.severity, alert.at)
            for alert in services.notices.of_run(run, 10)
        ],
        "files": {
            file.path: services.files.read(file.blob) for file in services.files.list_files(run)
        },
    }
