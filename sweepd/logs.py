"""Lines of the server's log: one event is one line, without control characters and without keys.

What clients send stands in them: a name with a line break must not look like another event, and a
log is read by more people than a key is meant for.
"""

import logging
import re

from sweepd.domain.encoding import one_line

MAX_LINE = 4_000
HIDDEN = "[hidden]"
_SECRETS = re.compile(
    # after a word that says so, before the host of an address, in an address of a file
    r"(?P<before>\b(?:authorization|token|key|password|secret|cookie|csrf)\b[\"']?\s*[:=]\s*[\"']?"
    r"(?:basic\s+|bearer\s+)?|\b(?:basic|bearer)\s+|://[^/\s:@]*:|/-/blobs/|sweepd_[0-9a-f]{8}=)"
    r"[^\s\"'&@/;,)]{8,}"
    # what has the form of a key, or of a token in three parts; a file's digest has not
    r"|\b[\w-]{20,}\.[\w-]{20,}\.[\w-]{10,}"
    r"|\b(?!(?:[0-9a-f]{64}|m[0-9a-f]{63})\b)(?=[A-Za-z_-]*\d)[\w-]{40,}",
    re.I,
)


def without_secrets(text: str) -> str:
    """A text with keys, tokens and passwords hidden."""
    return _SECRETS.sub(lambda found: f"{found['before'] or ''}{HIDDEN}", text)


class LineFormatter(logging.Formatter):
    """Writes a record in one line; a traceback below it, each line of it marked."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line."""
        record.message = one_line(without_secrets(record.message), MAX_LINE)
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:
        """The traceback."""
        text = without_secrets(super().formatException(ei))  # type: ignore[arg-type]
        return "\n".join(f"    | {one_line(line, MAX_LINE)}" for line in text.split("\n"))


def begin() -> None:
    """Write this process's log to standard error so."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
