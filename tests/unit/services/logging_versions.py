"""Logging versions without a client: what several suites begin with."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import anyio

from sweepd import server
from sweepd.domain.artifacts import Artifact, Digest
from sweepd.domain.users import Caller
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost

LIMIT = 1 << 20


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def run(work: Callable[[], Awaitable[object]]) -> None:
    """Run async work in a thread of its own: Playwright keeps a loop running in the main one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, work).result()


async def stream(body: bytes) -> AsyncIterator[bytes]:
    yield body


def begin(
    parts: server.Parts, caller: Caller, digest: str, name: str = "m", run_id: str | None = None
) -> Artifact:
    new = NewArtifact(caller.name, "p", run_id, "model", name, digest, aliases=["best"])
    return parts.services.artifacts.uploads.create(caller, new)


def put(parts: server.Parts, pk: int, path: str, body: bytes, announced: bytes) -> None:
    uploads = parts.services.artifacts.uploads
    run(lambda: uploads.put_file(pk, path, stream(body), LIMIT, Digest(md5(announced))))


def put_manifest(parts: server.Parts, pk: int, contents: dict[str, object]) -> None:
    text = json.dumps({"version": 1, "contents": contents}).encode()
    uploads = parts.services.artifacts.uploads
    run(lambda: uploads.manifests.put(pk, stream(text), md5(text)))


def log(
    parts: server.Parts, caller: Caller, body: bytes, name: str = "m", run_id: str | None = None
) -> Artifact:
    """All steps of the client, for one file."""
    uploads = parts.services.artifacts.uploads
    pending = begin(parts, caller, md5(body), name, run_id)
    if uploads.announce_files(caller, [(pending.pk, "f", Digest(md5(body)))]) == [True]:
        put(parts, pending.pk, "f", body, body)
    put_manifest(parts, pending.pk, {"f": {"digest": md5(body), "size": len(body)}})
    return uploads.commit(caller, pending.pk, lambda _: pending.pk)


def fill(parts: server.Parts, caller: Caller) -> None:
    """A bit of everything: a run with a line, a file, and two versions of which one is deleted."""
    owner, _ = parts.services.runs.upsert(
        caller,
        None,
        "p",
        "r",
        RunChange(config='{"lr": {"value": 0.1}, "net": {"value": {"k": 3}}}'),
    )
    post = StreamPost(history=Lines(0, ['{"_step": 0, "loss": 1}']), summary='{"loss": 1.5}')
    parts.services.history.append(caller, caller.name, "p", "r", post)
    run(lambda: parts.services.files.put_run_file(owner.pk, "f", stream(b"file"), "", LIMIT))
    gone = log(parts, caller, b"gone", "gone")
    parts.services.artifacts.removals.delete(caller, gone.pk, delete_aliases=True)
    log(parts, caller, b"kept")
