"""What people are shown of configs and summaries: every number finite or a word, texts cut."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from sweepd.domain import encoding
from sweepd.domain.config import flatten

MAX_KEYS = 400  # columns of one run; more would make every page slow
MAX_TEXT = 10_000  # characters of one value
MAX_SHORT = 500  # of a text in a summary, or notes
MAX_FLOAT = 10**308  # about


def parse(text: str | None) -> dict[str, Any]:
    """A JSON object from storage; bare NaN and infinities, which JSON has not, become words."""
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(text, parse_constant=str)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def plain(value: Any) -> Any:
    """A value as scripts in a page read it: as `encoding.plain`, with what a browser can hold.

    Texts are cut to MAX_TEXT; a whole number beyond 64 bits is a float, or text beyond those.
    """
    if isinstance(value, str):
        text = encoding.clean(value)
        return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + encoding.MORE
    if isinstance(value, dict):
        return {encoding.clean(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, int) and abs(value) > 2**63:
        return float(value) if abs(value) < MAX_FLOAT else encoding.number_text(value)
    return encoding.plain(value)


def flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """Nested objects under dotted names, the first MAX_KEYS, as scripts in a page read them."""
    return {name: plain(item) for name, item in flatten(value, MAX_KEYS).items()}


def readable_summary(text: str) -> dict[str, Any]:
    """The numbers and short texts of a summary; media and the client's own keys are left out."""
    found = flat(parse(text)).items()
    return {key: short(value) for key, value in found if is_readable(key, value)}


def is_readable(key: str, value: Any) -> bool:
    """Whether a value of a summary is shown in tables."""
    return not key.startswith("_") and not isinstance(value, dict | list)


def short(value: Any) -> Any:
    """A value, of a text its beginning."""
    return value[:MAX_SHORT] if isinstance(value, str) else value
