"""A run's rows name files by the client's id of a version; references from there are followed."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from sweepd import server
from sweepd.domain.artifacts import Digest
from sweepd.domain.errors import NotFound
from sweepd.domain.users import Caller
from sweepd.services.artifacts.references import find_file
from sweepd.services.artifacts.uploads import NewArtifact


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def log(parts: server.Parts, caller: Caller, client_id: str, **contents: str | bytes) -> int:
    """A version with files of these bytes, and references where text is given; our key of it."""
    uploads = parts.services.artifacts.uploads
    new = NewArtifact(
        caller.name, "p", None, "run_table", client_id, client_id, client_id=client_id
    )
    pk = uploads.create(caller, new).pk

    async def put() -> None:
        async def stream(body: bytes) -> AsyncIterator[bytes]:
            yield body

        entries: dict[str, dict[str, object]] = {}
        for path, content in contents.items():
            if isinstance(content, str):
                entries[path] = {"digest": "d", "ref": content, "size": 1}
                continue
            entries[path] = {"digest": md5(content), "size": len(content)}
            await uploads.put_file(pk, path, stream(content), 1 << 20, Digest(md5(content)))
        text = json.dumps({"version": 1, "contents": entries}).encode()
        await uploads.manifests.put(pk, stream(text), md5(text))

    files = [(pk, path, Digest(md5(c))) for path, c in contents.items() if isinstance(c, bytes)]
    uploads.announce_files(caller, files)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, put).result()
    uploads.commit(caller, pk, lambda _: pk)
    return pk


def test_files_are_found_by_the_id_of_their_client_through_references_too(
    parts: server.Parts, ann: Caller
) -> None:
    artifacts = parts.services.artifacts
    pk = log(parts, ann, "first", a=b"bytes of a")
    server_id = f"Artifact:{pk}".encode().hex()
    log(
        parts,
        ann,
        "second",
        direct=f"wandb-artifact://{server_id}/a",
        by_client="wandb-client-artifact://first/a",
        lost="wandb-artifact://zz/a",
        other=f"wandb-artifact://{b'Run:1'.hex()}/a",
        far="s3://bucket/a",
        circle="wandb-client-artifact://second/circle",
    )
    found = find_file(artifacts, ann, "first", "a")
    assert (found.path, found.size_bytes) == ("a", 10)
    for path in ("direct", "by_client"):
        assert find_file(artifacts, ann, "second", path).blob == found.blob
    for path in ("lost", "other", "far", "circle", "none"):
        with pytest.raises(NotFound):
            find_file(artifacts, ann, "second", path)


def test_versions_of_others_are_not_found_even_by_reference(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    artifacts = parts.services.artifacts
    pk = log(parts, ann, "first", a=b"bytes of a")
    log(
        parts,
        bob,
        "mine",
        stolen=f"wandb-artifact://{f'Artifact:{pk}'.encode().hex()}/a",
        by_client="wandb-client-artifact://first/a",
    )
    for client_id, path in (("first", "a"), ("mine", "stolen"), ("mine", "by_client")):
        with pytest.raises(NotFound):
            find_file(artifacts, bob, client_id, path)
