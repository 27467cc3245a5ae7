"""Every value as something that can leave: JSON for answers, text for tables. Nothing here fails.

What people and their scripts log is kept as it came: whole numbers of any size, NaN, halves of
characters. An answer must hold all of it and still be strict JSON in UTF-8, for one value that
cannot be written would take the whole list with it.
"""

import base64
import json
import math
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson

MAX_DEPTH = 200  # levels; what lies deeper is told of as "…"
MAX_INT_BITS = 14_000  # 4,214 digits: what Python reads back as a whole number, by default
_DECIMAL_BITS = 100_000  # beyond this only the number of digits is told
MORE = "…"


def to_json(value: Any) -> bytes:
    """Any value as strict JSON in UTF-8.

    What JSON has not is written as `plain` makes it; only a float that is not finite, where
    nobody made it a word before, may come out as null.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)
    except (TypeError, RecursionError):  # wide numbers, half characters, bytes, circles
        return to_json_text(value).encode()


def to_json_text(value: Any, indent: int | None = None) -> str:
    """As `to_json`, as text, with NaN and infinities always as words."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=indent)


def plain(value: Any, depth: int = 0) -> Any:
    """The value made of what JSON has.

    Not finite numbers become the words NaN, Infinity and -Infinity; whole numbers of more than
    4,000 digits, dates and bytes become text; sets become lists; halves of characters U+FFFD.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is float and math.isfinite(value):
        return value
    if isinstance(value, Enum):
        return plain(value.value, depth)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int):
        return int(value) if value.bit_length() <= MAX_INT_BITS else number_text(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else word(value)
    if depth >= MAX_DEPTH:
        return MORE
    if isinstance(value, Mapping):
        return {_key(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item, depth + 1) for item in value), key=repr)
    return text_of(value)


def _key(key: Any) -> str:
    if isinstance(key, str):
        return clean(key)
    return text_of(key) if key is None or isinstance(key, bool | int | float) else str(plain(key))


def word(value: float) -> str:
    """A float that is not finite as the client's word for it."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def number_text(value: int) -> str:
    """A whole number of any size, shortly: 1e+400."""
    sign, size = "-" if value < 0 else "", abs(value)
    if size.bit_length() > _DECIMAL_BITS:
        return f"{sign}1e+{int(size.bit_length() * math.log10(2))}"
    digits, _, exponent = f"{Decimal(value):.15e}".partition("e")
    return f"{digits.rstrip('0').rstrip('.')}e{exponent}"


def clean(text: str) -> str:
    """Text that UTF-8 has: two halves of a character are put together, a lone one is U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def text_of(value: Any) -> str:
    """Any value as text for a person: texts as they are, all else as JSON writes it."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds()} s"
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return base64.b64encode(raw).decode()
    if value is None or isinstance(
        value, bool | int | float | Mapping | list | tuple | set | frozenset | Enum
    ):
        found = plain(value)
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    try:
        return clean(str(value))
    except Exception:  # a value of a class whose own words fail
        return f"<{type(value).__name__}>"


def one_line(text: str, limit: int = 500) -> str:
    """Text for a log or a terminal: one line without control characters, cut to `limit`."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in clean(text)[: limit + 1])
    return text if len(text) <= limit else text[:limit] + MORE
