"""Values as another server of the protocol writes them."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from sweepd.domain.errors import BadInput


def hex_id(source_id: str) -> str:
    """An artifact's id as references between artifacts write it."""
    try:
        return base64.b64decode(source_id, validate=True).hex()
    except ValueError:
        return source_id.encode().hex()


def read_object(text: str | None) -> dict[str, Any]:
    """A JSON object; empty for none.

    Raises:
        BadInput: It is no JSON.
    """
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise BadInput(f"expected a JSON object from the server, got {text!r:.80}") from error
    return found if isinstance(found, dict) else {}


def read_number(version: str) -> int:
    """The number in `v3`."""
    text = str(version).removeprefix("v")
    return int(text) if text.isdecimal() else 0


def read_time(text: str) -> datetime:
    """A time of ISO 8601, in UTC where it does not say.

    Raises:
        BadInput: It is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise BadInput(f"expected a time from the server, got {text!r:.80}") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
