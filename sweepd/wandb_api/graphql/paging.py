"""Connections: a page of a list as the client reads it, and where its next page begins.

A cursor names the last item given by its key. One that is a number is of a client that began before
cursors did: so many items from the beginning are left out.
"""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any, TypeVar

from sweepd.domain.errors import BadInput
from sweepd.domain.paging import Key, Page, Start

T = TypeVar("T")
MAX_CURSOR_CHARACTERS = 20_000
MAX_DIGITS = 15


def read_start(after: str | None) -> Start:
    """Where a page begins that comes `after` a cursor.

    Raises:
        BadInput: It is none of ours.
    """
    if not after:
        return Start()
    if after.isascii() and after.isdigit() and len(after) <= MAX_DIGITS:
        return Start(n_skipped=int(after))
    try:
        key = json.loads(base64.urlsafe_b64decode(after[:MAX_CURSOR_CHARACTERS].encode()))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or any(isinstance(part, list | dict | bool) for part in key):
        raise BadInput(f"expected a cursor of an earlier page, got {after[:80]!r}")
    return Start(tuple(key))


def cursor(key: Key) -> str:
    """What names an item to the client."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode()


def connection(page: Page[T], node: Callable[[T], Any] = lambda item: item) -> dict[str, Any]:
    """A page as the wire shows it; the items are counted only when somebody asks."""
    edges = [{"node": node(item), "cursor": cursor(key)} for key, item in page.items]
    return {
        "edges": edges,
        "page_info": {
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
            "has_previous_page": page.has_previous,
            "has_next_page": page.has_next,
        },
        "total_count": lambda _: page.count(),
    }
