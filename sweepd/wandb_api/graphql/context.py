"""What a resolver can reach: who asks, the services, and the address they came by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLResolveInfo

from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.wandb_api.signing import Signer


@dataclass(frozen=True)
class Context:
    """Of one request."""

    caller: Caller
    services: Services
    signer: Signer
    max_file_bytes: int
    base_url: str  # without a slash at the end, as the client reached us
    is_shared: bool = False  # one of several clients that write the same run
    people: dict[str, Caller | None] = field(default_factory=dict)  # looked up already, by name


Info = GraphQLResolveInfo[Context]


def ctx(info: Info) -> Context:
    """The request's context."""
    return info.context


def connection(
    nodes: Sequence[Any], first: int | None = None, after: str | None = None, **more: Any
) -> dict[str, Any]:
    """A page of a list already in memory; cursors are positions."""
    start = int(after) if after and after.isdigit() else 0
    page = list(nodes[start:]) if first is None else list(nodes[start : start + max(0, first)])
    end = start + len(page)
    return {
        "edges": [{"node": node, "cursor": str(start + i + 1)} for i, node in enumerate(page)],
        "page_info": {
            "end_cursor": str(end) if page else None,
            "has_next_page": end < len(nodes),
            "has_previous_page": start > 0,
            "start_cursor": str(start + 1) if page else None,
        },
        "total_count": len(nodes),
        **more,
    }
