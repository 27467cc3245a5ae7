"""What a request may cost: how long it is worked on, how much it is answered, and for whom.

The edge that reads a request says both, once. What works for the request, also in threads begun for
it, finds it here by itself: every look into the database does (`store/database.py`), and so does
every loop over what a user defines, by `glance`, `glancing` or `afford`. Work that no request asked
for has patience without end.
"""

import math
import time
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from sweepd.domain.errors import TooLarge

T = TypeVar("T")
_IN_SCOPE = "sweepd.patience"
EACH = 64  # items between two glances


class Patience:
    """With one request. May be asked and abandoned from any thread.

    Attributes:
        user: Whose request it is; empty when nobody's.
        most: Items, fields and rows, that it may be answered.
        left: How many of them are left.
    """

    def __init__(self) -> None:
        self._began, self._seconds = 0.0, math.inf
        self.most: float = math.inf
        self.left: float = math.inf
        self._is_abandoned = False
        self.user = ""

    def begin(self, seconds: float, items: int | None = None) -> None:
        """All of the request has come: from now on it may take so long, and be answered so much."""
        self._began, self._seconds = time.monotonic(), seconds
        self.most = self.left = math.inf if items is None else items

    def lengthen(self, seconds: float) -> None:
        """It may take so much longer."""
        self._began += seconds

    def abandon(self) -> None:
        """Nobody waits for the answer any more."""
        self._is_abandoned = True

    @property
    def took_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    @property
    def end(self) -> str | None:
        """Why work should end now; None while it may go on."""
        if self._is_abandoned:
            return "nobody waits for the answer"
        if self.left < 0:
            return self.too_many
        if self.took_s > self._seconds:
            return f"this request takes longer than {self._seconds:g} s"
        return None

    @property
    def too_many(self) -> str:
        """Why work should end that would give more than is left."""
        return f"this request asks for more than {self.most:,} fields"


ENDLESS = Patience()
_current: ContextVar[Patience] = ContextVar("patience", default=ENDLESS)


def current() -> Patience:
    """That with the request this thread or task works for."""
    return _current.get()


def of(scope: MutableMapping[str, Any]) -> Patience:
    """That with a request, by its ASGI scope; the HTTP server abandons it when a client goes."""
    found: Patience | None = scope.get(_IN_SCOPE)
    if found is None:
        found = scope[_IN_SCOPE] = Patience()
    return found


def working_for(patience: Patience) -> AbstractContextManager[None]:
    """Mark what runs within as work for a request."""
    return _Working(patience)


class _Working:
    __slots__ = ("_patience", "_token")

    def __init__(self, patience: Patience) -> None:
        self._patience = patience

    def __enter__(self) -> None:
        self._token = _current.set(self._patience)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def is_over() -> bool:
    """Whether work for the request should end."""
    return _current.get().end is not None


def glance() -> None:
    """End the work when it has taken too long, or nobody waits for it.

    Raises:
        TooLarge: It should end.
    """
    end = _current.get().end
    if end is not None:
        raise too_large(end)


@contextmanager
def uncounted() -> Iterator[None]:
    """Time within which is not the request's: of work that is bounded in itself, and done in parts
    between which others have their turn."""
    began = time.monotonic()
    try:
        yield
    finally:
        _current.get().lengthen(time.monotonic() - began)


def afford(n: int) -> None:
    """Before so many items are gathered: end the work when they are more than may be answered.

    Raises:
        TooLarge: They are.
    """
    request = _current.get()
    if n > request.left:
        raise too_large(request.too_many)


def glancing(items: Iterable[T]) -> Iterator[T]:
    """The items, with a glance now and then.

    Raises:
        TooLarge: As `glance`.
    """
    for number, item in enumerate(items):
        if number % EACH == 0:
            glance()
        yield item


def too_large(end: str) -> TooLarge:
    """What the request's sender reads."""
    return TooLarge(f"{end}; ask for less at once: fewer fields, shorter pages, a narrower range")
