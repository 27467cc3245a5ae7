"""Where a version came from and what became of it: runs and versions as a layered graph."""

from collections import deque
from dataclasses import dataclass

from sweepd.domain.artifacts import Artifact
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.artifacts.artifacts import Artifacts, RunArtifact

NODES = 60  # shown at first, and as many more each time more is asked for
STEPS = 4  # away from the version looked at, likewise
MOST_PARTS = 20


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A run or a version; `layer` counts steps from the version looked at, earlier ones below 0."""

    key: tuple[str, int]  # kind ("run" or "artifact") and our key
    layer: int
    thing: Run | RunArtifact


@dataclass(frozen=True, slots=True)
class Lineage:
    """Nodes in the order found, arrows from what was earlier to what came of it."""

    nodes: tuple[LineageNode, ...]
    edges: tuple[tuple[tuple[str, int], tuple[str, int]], ...]
    is_cut: bool  # there is more than is shown


def trace(artifacts: Artifacts, caller: Caller, artifact: Artifact, n_parts: int = 1) -> Lineage:
    """Follow a version both ways: to the run that logged it and what that used, and to its users.

    What the caller may not read is left out.

    Args:
        n_parts: How many times NODES, and STEPS, to follow it.
    """
    n_parts = max(1, min(n_parts, MOST_PARTS))
    most_nodes, most_steps = NODES * n_parts, STEPS * n_parts
    home = artifacts.named(caller, [artifact])[0]
    start = LineageNode(("artifact", artifact.pk), 0, home)
    nodes = {start.key: start}
    edges: dict[tuple[tuple[str, int], tuple[str, int]], None] = {}
    is_cut = False
    for direction in (-1, 1):
        waiting = deque([start])
        while waiting:
            node = waiting.popleft()
            for other in _next_to(artifacts, caller, node, direction):
                if other.key not in nodes:
                    if len(nodes) >= most_nodes or abs(other.layer) > most_steps:
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
    if isinstance(node.thing, Run):
        follow = artifacts.used_by if direction < 0 else artifacts.logged_by
        return [
            LineageNode(("artifact", item.artifact.pk), layer, item)
            for item in follow(caller, node.thing)
        ]
    artifact = node.thing.artifact
    if direction < 0:
        producer = artifacts.producer(caller, artifact)
        runs = [producer] if producer else []
    else:
        runs = artifacts.consumers(caller, artifact)
    return [LineageNode(("run", run.pk), layer, run) for run in runs]
