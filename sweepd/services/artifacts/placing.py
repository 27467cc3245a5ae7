"""From a manifest to a version's lines: written before the version is committed, some at a time."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sweepd.domain.artifacts import Artifact, ArtifactState, Digest, DigestAlgorithm, Entry
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.services.core import Core
from sweepd.store import artifacts, manifests, run_files
from sweepd.store.database import Connection

BATCH = 500  # lines written at once; others' writes come between


def place_lines(
    core: Core,
    pending: Artifact,
    contents: dict[str, Any],
    read_artifact_id: Callable[[str], int],
) -> tuple[int, int]:
    """Make a manifest's lines those of its version, as long as it waits for this manifest.

    Args:
        read_artifact_id: Our key from an artifact's id in the manifest.

    Returns:
        How many there are, and the bytes of their files together.

    Raises:
        BadInput: It names files whose bytes never came.
        Unavailable: Bytes it names are being deleted.
    """
    with core.db.read() as connection:
        found, own = _read_lines(connection, pending, contents, read_artifact_id)
    gone = [path for path in own if path not in contents]
    fresh = [entry for entry in found if own.get(entry.path) != entry]

    def is_waiting(connection: Connection) -> bool:
        now = artifacts.find_artifact(connection, pending.pk, lock=True)
        return (
            now is not None
            and now.state is ArtifactState.PENDING
            and now.manifest_blob == pending.manifest_blob
        )

    def put(connection: Connection, some: Sequence[Entry]) -> None:
        if is_waiting(connection):
            names = {entry.blob for entry in some if entry.blob is not None}
            if names - run_files.known_blobs(connection, list(names)):
                raise Unavailable("files of this version were being deleted; try again")
            manifests.upsert_entries(connection, pending.pk, some)

    def drop(connection: Connection, paths: Sequence[str]) -> None:
        if is_waiting(connection):
            manifests.delete_entries(connection, pending.pk, paths)

    for first in range(0, len(fresh), BATCH):
        core.db.write(partial(put, some=fresh[first : first + BATCH]))
    for first in range(0, len(gone), BATCH):
        core.db.write(partial(drop, paths=gone[first : first + BATCH]))
    return len(found), sum(entry.size_bytes for entry in found)


def _read_lines(
    connection: Connection,
    artifact: Artifact,
    contents: dict[str, Any],
    read_artifact_id: Callable[[str], int],
) -> tuple[list[Entry], dict[str, Entry]]:
    """The manifest's lines, each with the bytes that came for it or that its project holds, and
    the lines that are there by now.

    Args:
        read_artifact_id: Our key from an artifact's id in the manifest.

    Raises:
        BadInput: It names files whose bytes never came.
    """
    own = {entry.path: entry for entry in manifests.list_entries(connection, artifact.pk)}
    found, missing = [], []
    blobs = {
        path: entry.blob
        for path, entry in own.items()
        if entry.blob
        and Digest(entry.digest, entry.algorithm) == read_digest(contents.get(path, {}))
    }
    unknown = {read_digest(item) for path, item in contents.items() if path not in blobs}
    held = manifests.find_blobs(connection, list(unknown), project_pk=artifact.project_pk)
    for path, item in contents.items():
        digest, size_bytes = read_digest(item), item.get("size") or 0
        if item.get("ref"):
            found.append(Entry(path, digest.value, size_bytes, item["ref"], None, None))
            continue
        blob = blobs.get(path) or held.get(digest)
        birth = item.get("birthArtifactID")
        if blob is None:
            missing.append(path)
        try:
            birth_pk = read_artifact_id(birth) if birth else artifact.pk
        except BadInput as error:
            raise BadInput(f"the manifest's entry {path[:200]!r}: {error}") from error
        found.append(Entry(path, digest.value, size_bytes, None, blob, birth_pk, digest.algorithm))
    if missing:
        raise BadInput(
            f"the bytes of {len(missing)} files never came: {', '.join(missing[:5])}; log the "
            "artifact again"
        )
    return found, own


def read_digest(item: dict[str, Any]) -> Digest:
    """Of a file in a manifest; only what is not MD5 says so."""
    extra = item.get("extra")
    is_xxh128 = isinstance(extra, dict) and extra.get("alg") == "XXH128"
    algorithm = DigestAlgorithm.XXH128 if is_xxh128 else DigestAlgorithm.MD5
    return Digest(item.get("digest") or "", algorithm)
