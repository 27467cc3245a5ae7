"""Manifests of versions: what a version holds, put together from those it adds to."""

import hashlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import anyio.to_thread
import xxhash

from sweepd.domain import patience
from sweepd.domain.artifacts import Artifact, ArtifactState, Digest, DigestAlgorithm
from sweepd.domain.errors import BadInput, NotFound, TooLarge
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.artifacts.manifest_reading import DEFAULT_LIMITS, ManifestLimits, read_manifest
from sweepd.services.core import Core
from sweepd.services.files.blob_records import BlobRecords
from sweepd.store import artifacts, run_files
from sweepd.store.blobs import Blobs
from sweepd.store.database import Connection
from sweepd.store.measuring import StoredBlob

LARGE_BYTES = 4 << 20  # from which on a manifest takes some 10 times as much memory for long


class Manifests:
    """Takes manifests in, and reads them."""

    def __init__(self, core: Core, blobs: Blobs, limits: ManifestLimits = DEFAULT_LIMITS) -> None:
        self._core = core
        self._limits = limits
        self._blobs = blobs
        self._blob_records = BlobRecords(core, blobs)
        self._large = threading.Lock()

    @contextmanager
    def turn(self, *names: str | None) -> Iterator[None]:
        """Hold while manifests are read and worked on: of large ones, one at a time.

        Args:
            names: Their bytes; None for none.
        """
        with self._core.db.read() as connection:
            sizes = [run_files.blob_size(connection, name) for name in names if name]
        if sum(size or 0 for size in sizes) < LARGE_BYTES:
            yield
            return
        while not self._large.acquire(timeout=0.2):
            patience.glance()
        try:
            yield
        finally:
            self._large.release()

    def set_base(self, caller: Caller, artifact_pk: int, base_pk: int) -> None:
        """Let a version's manifest add to that of another version.

        Raises:
            NotFound: The caller may not see one of them.
        """

        def set_base(connection: Connection) -> None:
            check_pending(access.get_own_artifact(connection, caller, artifact_pk))
            access.get_artifact(connection, caller, base_pk)
            artifacts.update_artifact(connection, artifact_pk, {"base_artifact_pk": base_pk})

        self._core.db.write(set_base)

    async def put(self, artifact_pk: int, body: AsyncIterator[bytes], md5: str | None) -> None:
        """Store a version's manifest; what several writers say of one version is put together.

        Raises:
            BadInput: It is not the manifest announced.
            TooLarge: It is beyond a limit; nothing is kept.
        """
        announced = Digest(md5) if md5 else None
        most = self._limits.max_bytes
        try:
            blob = await self._blobs.put(body, most, announced, "the manifest")
        except TooLarge as error:
            raise self._limits.too_many_bytes() from error
        await anyio.to_thread.run_sync(self._keep, artifact_pk, blob)

    def _keep(self, artifact_pk: int, blob: StoredBlob) -> None:
        with self._core.db.read() as connection:
            before = check_pending(artifacts.find_artifact(connection, artifact_pk))
            base = artifacts.find_artifact(connection, before.base_pk) if before.base_pk else None
        with self.turn(base.manifest_blob if base else before.manifest_blob):
            while not self._keep_after(artifact_pk, blob):
                pass  # another writer's came between; put ours on top of it

    def _keep_after(self, artifact_pk: int, blob: StoredBlob) -> bool:
        with self._core.db.read() as connection:
            before = check_pending(artifacts.find_artifact(connection, artifact_pk))
            base = artifacts.find_artifact(connection, before.base_pk) if before.base_pk else None
            is_shared = artifacts.is_distributed(connection, artifact_pk)
        under = before.manifest_blob if is_shared else None
        under = under or (base.manifest_blob if base else None)
        values: dict[str, str] = {}
        if under is not None:
            fresh = self._read(blob.hash)
            older = self._read(under)
            fresh["contents"] = older["contents"] | fresh["contents"]
            self._limits.check_entries(len(fresh["contents"]))
            values["digest"] = make_digest(fresh["contents"], before.digest_algorithm)
            text = json.dumps(fresh).encode()
            self._limits.check_bytes(len(text))
            blob = self._blobs.put_bytes(text)

        def keep(connection: Connection) -> bool:
            now = check_pending(artifacts.find_artifact(connection, artifact_pk, lock=True))
            if is_shared and now.manifest_blob != before.manifest_blob:
                return False
            self._blob_records.record(connection, blob)
            artifacts.update_artifact(
                connection, artifact_pk, {"manifest_blob": blob.hash, **values}
            )
            return True

        return self._core.db.write(keep)

    def read(self, artifact: Artifact) -> dict[str, Any]:
        """What a version's manifest says of each path.

        Raises:
            BadInput: It was not uploaded, or is not a manifest.
            TooLarge: It is beyond a limit.
        """
        if artifact.manifest_blob is None:
            raise BadInput("this artifact's manifest was not uploaded; log the artifact again")
        contents: dict[str, Any] = self._read(artifact.manifest_blob)["contents"]
        return contents

    def _read(self, blob: str) -> dict[str, Any]:
        with self._blobs.open_file(blob) as (file, size_bytes):
            self._limits.check_bytes(size_bytes)
            return read_manifest(file.read(), self._limits)


def make_digest(contents: dict[str, Any], algorithm: DigestAlgorithm) -> str:
    """What tells versions of different content apart, in hexadecimal; as clients make it."""
    is_xxh128 = algorithm is DigestAlgorithm.XXH128
    found = xxhash.xxh3_128() if is_xxh128 else hashlib.md5(usedforsecurity=False)
    found.update(b"wandb-artifact-manifest-v1\n")
    for path, item in sorted(contents.items()):
        found.update(f"{path}:{item.get('digest') or ''}\n".encode())
    return found.hexdigest()


def check_pending(artifact: Artifact | None) -> Artifact:
    """The version, if it may still be written to."""
    if artifact is None or artifact.state is ArtifactState.DELETED:
        raise NotFound("this artifact was deleted")
    if artifact.state is ArtifactState.COMMITTED:
        raise BadInput("this version is committed and does not change; log a new one")
    return artifact
