"""A line of a run's terminal output, in either of the forms the client sends."""

import json
import re

from sweepd.domain.runs import ConsoleLine

_PLAIN_LINE = re.compile(
    r"(?P<error>ERROR )?(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?) (?P<text>.*)", re.DOTALL
)


def console_line(number: int, line: str) -> ConsoleLine:
    """Both forms the client sends: an object per line, or `[ERROR ]time text`."""
    if line.startswith("{"):
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            item = None
        if isinstance(item, dict) and "content" in item:
            return ConsoleLine(
                number,
                str(item.get("ts", "")),
                item.get("level") == "error",
                str(item.get("label", "")),
                str(item["content"]),
            )
    match = _PLAIN_LINE.match(line)
    if match is None:
        return ConsoleLine(number, "", False, "", line)
    return ConsoleLine(number, match["at"], bool(match["error"]), "", match["text"])


def console_text(line: ConsoleLine) -> str:
    """A line as an object, the form that keeps all there is: `console_line` reads it back."""
    found = {"level": "error"} if line.is_error else {}
    return json.dumps({**found, "ts": line.timestamp, "content": line.text, "label": line.label})
