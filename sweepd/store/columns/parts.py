"""What a segment is put together from: values by key, and bytes by place."""

from dataclasses import dataclass, field
from typing import Any

Path = tuple[str, ...]


@dataclass
class Values:
    """The values of one key, and in which rows they stand."""

    path: Path
    values: list[Any] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


class Parts:
    """Bytes one after the other, and where each begins."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self._at = 0

    def add(self, body: bytes) -> list[int]:
        """Append; returns where it begins and how long it is."""
        self.bodies.append(body)
        self._at += len(body)
        return [self._at - len(body), len(body)]
