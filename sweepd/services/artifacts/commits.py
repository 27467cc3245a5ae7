"""The end of an upload: a version gets its number and aliases, and nothing changes any more."""

import json
from collections.abc import Callable

from sweepd.domain import patience
from sweepd.domain.artifacts import Artifact, ArtifactState
from sweepd.domain.errors import Unavailable
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.artifacts.direct_uploads import DirectUploads
from sweepd.services.artifacts.manifests import Manifests, check_pending
from sweepd.services.artifacts.placing import place_lines
from sweepd.services.core import Core
from sweepd.store import artifact_collections, artifacts, manifests, memberships
from sweepd.store.database import Connection

MAX_COMMITS = 20  # when other writers add to a version meanwhile


def commit(
    core: Core,
    manifests_of: Manifests,
    caller: Caller,
    artifact_pk: int,
    read_artifact_id: Callable[[str], int],
    direct: DirectUploads,
) -> Artifact:
    """As `ArtifactUploads.commit`, which says what is raised."""
    for _ in range(MAX_COMMITS):
        with core.db.read() as connection:
            pending = access.get_own_artifact(connection, caller, artifact_pk)
        if pending.state is ArtifactState.COMMITTED:
            return pending
        with patience.uncounted(), manifests_of.turn(pending.manifest_blob):
            contents = manifests_of.read(pending)
            direct.gather(pending, contents)
            n_files, size_bytes = place_lines(core, pending, contents, read_artifact_id)
        committed = _give_number(core, pending, n_files, size_bytes)
        if committed is not None:
            core.changes.touch("run", committed.run_pk)
            return committed
    raise Unavailable("other writers add to this version without end; try again")


def _give_number(core: Core, pending: Artifact, n_files: int, size_bytes: int) -> Artifact | None:
    """Give a version whose lines are placed its number; None when there are others by now."""

    def commit(connection: Connection) -> Artifact | None:
        artifact = artifacts.find_artifact(connection, pending.pk, lock=True)
        if artifact is not None and artifact.state is ArtifactState.COMMITTED:
            return artifact
        artifact = check_pending(artifact)
        if (
            artifact.manifest_blob != pending.manifest_blob
            or manifests.count_entries(connection, artifact.pk) != n_files
        ):
            return None
        at = core.now()
        membership = memberships.add_membership(connection, artifact.collection_pk, artifact.pk, at)
        wanted = json.loads(artifacts.pending_aliases(connection, artifact.pk))
        for alias in dict.fromkeys(["latest", *wanted]):
            memberships.set_alias(connection, artifact.collection_pk, membership, alias)
        # Of its own collection: a draft may be linked into others already.
        [place] = memberships.list_memberships(connection, artifact.collection_pk, artifact.pk)
        artifact_collections.update_collection(
            connection, artifact.collection_pk, {"updated_at": at}
        )
        return artifacts.change_artifact(
            connection,
            artifact.pk,
            {
                "state": ArtifactState.COMMITTED,
                "version": place.version,
                "updated_at": at,
                "size_bytes": size_bytes,
                "n_files": n_files,
            },
        )

    return core.db.write(commit)
