"""The head of a request that its client sends before each body: what it came to is kept with it.

A client says the same with every request but the length of its body. A head that was read once,
whole and by the parser, need not be read again while its bytes are the same.
"""

import re
from typing import Generic, TypeVar

T = TypeVar("T")
END = b"\r\n\r\n"
MAX_BYTES = 4096  # of a head that is kept, for each connection
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,8})[ \t]*\r\n", re.IGNORECASE)
_MAX_DIGITS = 8


class RepeatedHead(Generic[T]):
    """A head without the digits of its body's length.

    Attributes:
        came_to: What was made of it.
    """

    __slots__ = ("_after", "_before", "came_to")

    def __init__(self, before: bytes, after: bytes, came_to: T) -> None:
        """`before` and `after`: the digits."""
        self._before, self._after, self.came_to = before, after, came_to

    @classmethod
    def read(cls, request: bytes, line: bytes, body: bytes, came_to: T) -> "RepeatedHead[T] | None":
        """The head of a whole request as it came, which the parser has taken for these parts.

        Args:
            line: The request's first.

        Returns:
            None where the bytes are more than this request, or odd, or many.
        """
        head = request[: len(request) - len(body)]
        is_one = head.startswith(line) and head.find(END) == len(head) - len(END)
        if not is_one or len(head) > MAX_BYTES:
            return None
        length = _LENGTH.search(head)
        if length is None or int(length[1]) != len(body):
            return None
        return cls(head[: length.start(1)], head[length.end(1) :], came_to)

    def body_of(self, request: bytes) -> bytes | None:
        """The body of a request that begins with this head; None unless it came whole and alone."""
        before, after = self._before, self._after
        if not request.startswith(before):
            return None
        start = len(before)
        end = request.find(after, start, start + _MAX_DIGITS + len(after))
        digits = request[start : max(start, end)]
        body = request[end + len(after) :]
        is_length = digits.isascii() and digits.isdigit() and int(digits) == len(body)
        return body if is_length else None
