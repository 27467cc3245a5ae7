"""The client's scalars."""

import re
from datetime import datetime
from typing import Any

from ariadne import ScalarType
from ariadne.types import SchemaBindable

from sweepd.domain.encoding import plain
from sweepd.domain.fields import whole
from sweepd.domain.nesting import check
from sweepd.wandb_api import wire

MAX_DURATION_MS = 100 * 366 * 24 * 3600 * 1000

json_scalar = ScalarType("JSON", serializer=plain, value_parser=lambda value: value)
json_string = ScalarType("JSONString")
int64 = ScalarType("Int64")
date_time = ScalarType("DateTime")
duration = ScalarType("Duration")


@int64.serializer
def serialize_int64(value: Any) -> int:
    """A whole number; GraphQL's own Int ends at 2³¹."""
    return int(value)


@int64.value_parser
def parse_int64(value: Any) -> int:
    """A whole number of 64 bits, or a text that holds one."""
    return _whole(value, "an Int64")


@duration.value_parser
def parse_duration(value: Any) -> int:
    """Whole milliseconds; longer than a century is a century."""
    return min(_whole(value, "a Duration"), MAX_DURATION_MS)


def _whole(value: Any, what: str) -> int:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,20}", value):
        value = int(value)
    return whole(value, what)


@json_string.serializer
def serialize_json_string(value: Any) -> str:
    """JSON text, kept as it is: it may hold NaN."""
    return str(value)


@json_string.value_parser
def parse_json_string(value: Any) -> str:
    """JSON text, nested no deeper than all who read it bear."""
    if not isinstance(value, str):
        raise ValueError(f"expected JSON as a string, got {type(value).__name__}")
    check(value, "a JSONString")
    return value


@date_time.serializer
def serialize_date_time(value: Any) -> str | None:
    """ISO 8601 with Z."""
    return wire.time(value) if isinstance(value, datetime) else str(value)


bindables: list[SchemaBindable] = [json_scalar, json_string, int64, date_time, duration]
