"""Which version an artifact's address names, and how its size is written."""

from starlette.requests import Request

from sweepd.domain.artifacts import Artifact, Collection, Membership
from sweepd.domain.errors import NotFound
from sweepd.domain.projects import Project
from sweepd.services.all import Services
from sweepd.web.session import Visitor


def version_of(
    request: Request, visitor: Visitor, services: Services, project: Project
) -> tuple[Collection, Membership, Artifact]:
    """The collection, place and version that the address names by number or alias.

    Raises:
        NotFound: There is none.
    """
    path = request.path_params
    wanted = path.get("version", "latest")
    collection = services.artifacts.collections.find_collection(project, path["collection"])
    if collection is not None and collection.type_name == path["type"]:
        membership = services.artifacts.collections.find_in(collection, wanted)
        if membership is not None:
            artifact = services.artifacts.get(visitor.caller, membership.artifact_pk)
            return collection, membership, artifact
    raise NotFound(f"no artifact {path['collection']}:{wanted} in this project")


def size_text(n_bytes: int) -> str:
    """Bytes as people say them: "812 B", "6.9 MB"."""
    size, units = float(n_bytes), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if size >= 10 or units[0] == "B" else f"{size:.1f} {units[0]}"
