"""Where a version came from and what became of it: runs and versions as a layered graph."""

from collections import deque
from dataclasses import dataclass

from sweepd.domain.artifacts import Artifact
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.artifacts.artifacts import Artifacts, RunArtifact

MAX_NODES = 60
MAX_STEPS = 4  # away from the version looked at


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A run or a version; `layer` counts steps from the version looked at, earlier ones below 0."""

    key: tuple[str, int]  # kind ("run" or "artifact") and our key
    layer: int
    run: Run | None
    version: RunArtifact | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """Nodes in the order found, arrows from what was earlier to what came of it."""

    nodes: tuple[LineageNode, ...]
    edges: tuple[tuple[tuple[str, int], tuple[str, int]], ...]
    is_cut: bool  # there is more than is shown


def trace(artifacts: Artifacts, caller: Caller, artifact: Artifact) -> Lineage:
    """Follow a version both ways: to the run that logged it and what that used, and to its users.

    What the caller may not read is left out.
    """
    home = artifacts.named(caller, [artifact])[0]
    start = LineageNode(("artifact", artifact.pk), 0, None, home)
    nodes = {start.key: start}
    edges: dict[tuple[tuple[str, int], tuple[str, int]], None] = {}
    is_cut = False
    for direction in (-1, 1):
        waiting = deque([start])
        while waiting:
            node = waiting.popleft()
            for other in _next_to(artifacts, caller, node, direction):
                if other.key not in nodes:
                    if len(nodes) >= MAX_NODES or abs(other.layer) > MAX_STEPS:
                        is_cut = True
                        continue
                    nodes[other.key] = other
                    waiting.append(other)
                pair = (other.key, node.key) if direction < 0 else (node.key, other.key)
                edges[pair] = None
    return Lineage(tuple(nodes.values()), tuple(edges), is_cut)


def _next_to(
    artifacts: Artifacts, caller: Caller, node: LineageNode, direction: int
) -> list[LineageNode]:
    layer = node.layer + direction
    if node.run is not None:
        follow = artifacts.used_by if direction < 0 else artifacts.logged_by
        return [
            LineageNode(("artifact", item.artifact.pk), layer, None, item)
            for item in follow(caller, node.run)
        ]
    assert node.version is not None
    artifact = node.version.artifact
    if direction < 0:
        producer = artifacts.producer(caller, artifact)
        runs = [producer] if producer else []
    else:
        runs = artifacts.consumers(caller, artifact)
    return [LineageNode(("run", run.pk), layer, run, None) for run in runs]
