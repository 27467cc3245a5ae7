"""Where the bytes of versions' files lie, for whoever may see a version that has them."""

import base64

from sweepd.domain.artifacts import Digest, DigestAlgorithm
from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.store import manifests


class ArtifactBytes:
    """Finds blobs by what clients call their content."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def find_bytes(self, caller: Caller, digest: str, pk: int) -> str:
        """The blob of a version's file, by its digest in hexadecimal.

        Raises:
            NotFound: No such version that the caller may see has such a file.
        """
        wanted = _read_digests(digest)
        with self._core.db.read() as connection:
            access.get_artifact(connection, caller, pk)
            return _the_one(manifests.find_blobs(connection, wanted, artifact_pk=pk))

    def find_project_bytes(self, caller: Caller, digest: str, entity: str, project: str) -> str:
        """The blob of a file of any version in a project's collections.

        Raises:
            NotFound: None that the caller may see has such a file.
        """
        wanted = _read_digests(digest)
        with self._core.db.read() as connection:
            owner = access.get_project(connection, caller, entity, project)
            return _the_one(manifests.find_blobs(connection, wanted, linked_to=owner.pk))


def _read_digests(text: str) -> list[Digest]:
    """What a digest in an address may be: it does not say its algorithm."""
    try:
        value = base64.b64encode(bytes.fromhex(text)).decode()
    except ValueError as error:
        raise BadInput(f"expected a digest in hexadecimal, got {text[:80]!r}") from error
    return [Digest(value, algorithm) for algorithm in DigestAlgorithm]


def _the_one(found: dict[Digest, str]) -> str:
    if not found:
        raise NotFound("no artifact here has such a file; it may have been deleted")
    return next(iter(found.values()))
