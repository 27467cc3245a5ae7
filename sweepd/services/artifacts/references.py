"""Files of versions as a run's rows name them: by the id their client gave the version.

A file may itself be a reference into another version, which is followed.
"""

from urllib.parse import unquote

from sweepd.domain.artifacts import Entry
from sweepd.domain.errors import NotFound
from sweepd.domain.ids import number_in
from sweepd.domain.users import Caller
from sweepd.services.artifacts.artifacts import Artifacts

MAX_HOPS = 4  # a table of another table's images; more is a circle


def find_file(artifacts: Artifacts, caller: Caller, client_id: str, path: str) -> Entry:
    """The file, with its bytes here.

    Raises:
        NotFound: No such version or file that the caller may see, or it lies on another machine.
    """
    pk = artifacts.find_by_client_id(caller, client_id)
    wanted = path
    for _ in range(MAX_HOPS):
        found = artifacts.entries(artifacts.get(caller, pk), [wanted]) if pk is not None else []
        if not found:
            break
        if found[0].blob:
            return found[0]
        pk, wanted = _follow(artifacts, caller, found[0].ref or "")
    raise NotFound(f"no version here has the file {path[:200]!r}; it may have been deleted")


def _follow(artifacts: Artifacts, caller: Caller, reference: str) -> tuple[int | None, str]:
    """Our key of the version that a reference of the client's leads into, and the path there."""
    scheme, _, rest = reference.partition("://")
    owner, _, path = unquote(rest).partition("/")
    if scheme == "wandb-client-artifact":
        return artifacts.find_by_client_id(caller, owner.removesuffix(":latest")), path
    if scheme == "wandb-artifact":
        kind, _, pk = _unhex(owner).partition(":")
        return number_in(pk) if kind == "Artifact" else None, path
    return None, path


def _unhex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode(errors="replace")
    except ValueError:
        return ""
