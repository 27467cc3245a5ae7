"""Versions of an artifact beside each other: their files, their metadata, its numbers over all."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.artifacts import Artifact, Collection, Entry
from sweepd.domain.encoding import text_of
from sweepd.domain.errors import NotFound
from sweepd.services.all import Services
from sweepd.web import shapes
from sweepd.web.artifact_places import size_text, version_of
from sweepd.web.projects import project_of
from sweepd.web.responses import json_response
from sweepd.web.session import Visitor

MAX_VERSIONS = 500  # the newest, of a plot
MAX_KEYS = 24  # plots
MAX_LINES = 1000  # of files that differ


def compared(
    services: Services, visitor: Visitor, collection: Collection, artifact: Artifact, wanted: str
) -> dict[str, Any] | None:
    """What changed from the version `wanted`, by number or alias, to this one; None for none."""
    if not wanted:
        return None
    membership = services.artifacts.collections.find_in(collection, wanted)
    if membership is None:
        raise NotFound(f"no version {wanted[:100]!r} of {collection.name} to compare with")
    other = services.artifacts.get(visitor.caller, membership.artifact_pk)
    lines = _files(services.artifacts.entries(other), services.artifacts.entries(artifact))
    return {
        "with": f"v{membership.version}",
        "files": lines[:MAX_LINES],
        "n_more": max(0, len(lines) - MAX_LINES),
        "counts": {
            change: sum(line["change"] == change for line in lines)
            for change in ("added", "removed", "changed")
        },
        "metadata": _metadata(_flat(other), _flat(artifact)),
    }


def over_versions(request: Request, visitor: Visitor) -> Response:
    """GET /-/artifacts/{…}/metadata: the numbers in the metadata of all versions, oldest first."""
    services, project = project_of(request, visitor)
    collection, _, _ = version_of(request, visitor, services, project)
    found = services.overviews.metadata_of_versions(collection, MAX_VERSIONS)
    versions = [version for version, _ in found]
    values = [shapes.flat(shapes.parse(text)) for _, text in found]
    series = {
        key: [item.get(key) if _is_number(item.get(key)) else None for item in values]
        for key in dict.fromkeys(key for item in values for key in item)
    }
    drawn = {key: line for key, line in series.items() if sum(v is not None for v in line) > 1}
    return json_response(
        {"versions": versions, "series": {key: drawn[key] for key in sorted(drawn)[:MAX_KEYS]}}
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flat(artifact: Artifact) -> dict[str, Any]:
    return shapes.flat(shapes.parse(artifact.metadata))


def _files(before: Iterable[Entry], after: Iterable[Entry]) -> list[dict[str, Any]]:
    old, new = ({entry.path: entry for entry in entries} for entries in (before, after))
    lines = []
    for path in sorted(old.keys() | new.keys()):
        a, b = old.get(path), new.get(path)
        if a and b and (a.digest, a.ref) == (b.digest, b.ref):
            continue
        lines.append(
            {
                "path": path[:500],
                "change": "added" if a is None else "removed" if b is None else "changed",
                "before": size_text(a.size_bytes) if a else "",
                "after": size_text(b.size_bytes) if b else "",
            }
        )
    return lines


def _metadata(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    def text(values: Mapping[str, Any], key: str) -> str:
        return text_of(values[key])[:300] if key in values else ""

    return [
        {"key": key[:200], "before": text(before, key), "after": text(after, key)}
        for key in sorted(before.keys() | after.keys())
        if key not in before or key not in after or before[key] != after[key]
    ]
