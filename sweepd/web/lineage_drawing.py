"""A lineage as a drawing: columns from what was earlier to what came of it, arrows between them.

Only places and words are worked out here; the template writes them as SVG, so that the page shows
the graph with its first paint and every node is a link.
"""

from typing import Any

from sweepd.domain.runs import Run
from sweepd.services.artifacts.lineage import Lineage, LineageNode
from sweepd.web.responses import address

WIDTH, HEIGHT = 216, 48  # of a node, px
GAP_X, GAP_Y = 56, 14


def draw(lineage: Lineage, this_pk: int) -> dict[str, Any]:
    """Nodes with their places in px, paths of the arrows, and the size of the whole."""
    columns: dict[int, list[LineageNode]] = {}
    layer_of = _layers(lineage)
    for node in lineage.nodes:
        columns.setdefault(layer_of[node.key], []).append(node)
    layers = sorted(columns)
    tallest = max(len(column) for column in columns.values())
    height = tallest * (HEIGHT + GAP_Y) - GAP_Y
    places: dict[tuple[str, int], tuple[float, float]] = {}
    for k, layer in enumerate(layers):
        column = columns[layer]
        top = (height - len(column) * (HEIGHT + GAP_Y) + GAP_Y) / 2
        for row, node in enumerate(column):
            places[node.key] = (k * (WIDTH + GAP_X), top + row * (HEIGHT + GAP_Y))
    return {
        "nodes": [_node(node, *places[node.key], this_pk) for node in lineage.nodes],
        "paths": [_arrow(*places[a], *places[b]) for a, b in lineage.edges],
        "width": len(layers) * (WIDTH + GAP_X) - GAP_X,
        "height": height,
        "node_width": WIDTH,
        "node_height": HEIGHT,
        "is_cut": lineage.is_cut,
    }


def _layers(lineage: Lineage) -> dict[tuple[str, int], int]:
    """A column for each node, right of all that it came from; a circle is drawn as it was found."""
    layers = {node.key: node.layer for node in lineage.nodes}
    for _ in lineage.nodes:
        late = [(a, b) for a, b in lineage.edges if layers[b] <= layers[a]]
        if not late:
            return layers
        for a, b in late:
            layers[b] = max(layers[b], layers[a] + 1)
    return {node.key: node.layer for node in lineage.nodes}


def _node(node: LineageNode, x: float, y: float, this_pk: int) -> dict[str, Any]:
    item = node.thing
    if isinstance(item, Run):
        name, kind = item.display_name or item.run_id, "run"
        href = address(item.entity, item.project, "runs", item.run_id)
    else:
        name, kind = f"{item.collection}:v{item.version}", item.type_name
        href = address(
            item.entity,
            item.project,
            "artifacts",
            item.type_name,
            item.collection,
            f"v{item.version}",
        )
    return {
        "x": x,
        "y": y,
        "name": name[:300],
        "kind": kind[:300],
        "href": href,
        "is_run": isinstance(item, Run),
        "is_this": node.key == ("artifact", this_pk),
    }


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    """A curve from the right side of one node to the left side of another."""
    start, end = (x + WIDTH, y + HEIGHT / 2), (to_x - 7, to_y + HEIGHT / 2)
    middle = (start[0] + end[0]) / 2
    return (
        f"M{start[0]:.0f} {start[1]:.0f}C{middle:.0f} {start[1]:.0f} {middle:.0f} {end[1]:.0f} "
        f"{end[0]:.0f} {end[1]:.0f}"
    )
