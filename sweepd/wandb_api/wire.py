"""Our values ↔ the wire's: node ids, times, JSON that may hold NaN."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from sweepd.domain.errors import BadInput
from sweepd.domain.nesting import load


def node_id(kind: str, pk: int) -> str:
    """The opaque id of a thing on the wire; base64, since the client decodes artifact ids."""
    return base64.b64encode(f"{kind}:{pk}".encode()).decode()


def read_node_id(kind: str, text: str) -> int:
    """Our key from an id on the wire.

    Raises:
        BadInput: Not an id of that kind.
    """
    try:
        found, _, pk = base64.b64decode(text, validate=True).decode().partition(":")
        if found == kind:
            return int(pk)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise BadInput(f"expected the id of a {kind}, got {text[:80]!r}")


def time(at: datetime | None) -> str | None:
    """A time as the client reads it: ISO 8601, UTC, with Z."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def read_json(text: str | None, what: str) -> Any:
    """A JSON text the client sent; None for none.

    Raises:
        BadInput: Not JSON, or nested too deep.
    """
    if text is None:
        return None
    try:
        return load(text, what)
    except ValueError as error:
        raise BadInput(f"{what} should be JSON: {error}; got {text[:80]!r}") from error


def read_json_object(text: str | None, what: str) -> dict[str, Any]:
    """As `read_json`, but an object; empty for none.

    Raises:
        BadInput: Not a JSON object.
    """
    value = read_json(text, what)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInput(f"{what} should be a JSON object; got {text[:80] if text else text!r}")
    return value
