"""What people left beside a project's runs, as another server answers it: views and alerts."""

from collections.abc import Callable, Iterator
from typing import Any

from sweepd.domain.views import REPORT, REPORT_DRAFT, SWEEP_PAGE, WORKSPACE
from sweepd.services.moving.foreign import ForeignAlert, ForeignView
from sweepd.services.moving.wire_values import read_time

KINDS = (WORKSPACE, REPORT, REPORT_DRAFT, SWEEP_PAGE)
Nodes = Iterator[dict[str, Any]]


def read_views(nodes_of: Callable[[str], Nodes]) -> list[ForeignView]:
    """Workspaces, reports, and the panels on pages of sweeps; oldest first.

    Args:
        nodes_of: Gives the nodes of a kind.
    """
    found = [
        ForeignView(
            kind=kind,
            name=node["name"] or node["id"],
            display_name=node["displayName"] or "",
            description=node["description"] or "",
            spec=node["spec"] or "{}",
            created_at=read_time(node["createdAt"]),
            updated_at=read_time(node["updatedAt"] or node["createdAt"]),
        )
        for kind in KINDS
        for node in nodes_of(kind)
    ]
    return sorted(found, key=lambda view: view.created_at)


def read_alerts(nodes: Nodes) -> list[ForeignAlert]:
    """Alerts of a run, oldest first."""
    return [
        ForeignAlert(node["title"], node["text"], node["severity"], read_time(node["createdAt"]))
        for node in nodes
    ]
