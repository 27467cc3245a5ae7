"""Which bytes of a file a `Range` header asks for."""

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` to `end`, the end not included, of a file of `size_bytes`."""

    start: int
    end: int
    size_bytes: int

    @property
    def is_empty(self) -> bool:
        """Whether it lies behind the file's end: the answer is 416."""
        return self.start >= self.end

    @property
    def content_range(self) -> str:
        """The value of the header `Content-Range`."""
        part = "*" if self.is_empty else f"{self.start}-{self.end - 1}"
        return f"bytes {part}/{self.size_bytes}"


def read_range(header: str, size_bytes: int) -> Span | None:
    """A single `bytes=first-last`, `bytes=first-` or `bytes=-count`.

    None for what is no such range, or several: the whole is sent then, as RFC 9110 allows.
    """
    unit, _, text = header.partition("=")
    first, dash, last = (part.strip() for part in text.partition("-"))
    if unit.strip().lower() != "bytes" or not dash or not (first or last):
        return None
    if not all(_NUMBER.fullmatch(part) for part in (first, last) if part):
        return None
    if not first:
        return Span(max(0, size_bytes - int(last)), size_bytes, size_bytes)
    if last and int(last) < int(first):
        return None
    end = min(int(last) + 1, size_bytes) if last else size_bytes
    return Span(int(first), max(int(first), end), size_bytes)
