"""Every error we raise on purpose. A message says what was expected, what came, what to do."""

from typing import TypeVar

E = TypeVar("E", bound=Exception)


class SweepdError(Exception):
    """Base of all our errors; the text is meant for the user."""


class BadInput(SweepdError):
    """The request cannot be understood or breaks a rule; sending it again will not help."""


class NotSignedIn(SweepdError):
    """No key, or a key nobody owns."""


class Forbidden(SweepdError):
    """The caller is known, but this entity or action is not theirs."""


class NotFound(SweepdError):
    """No such thing, or none that the caller may see."""


class Gone(NotFound):
    """What a transaction relied on is no longer there: it was deleted a moment ago."""


class Conflict(SweepdError):
    """The name or state is already taken by something else."""


class Taken(Conflict):
    """A name that is taken, where the client then looks for what has it: 409 tells it so."""


class TooLarge(SweepdError):
    """A body, a document or a file beyond the limit."""


class Unsupported(SweepdError):
    """A request we know of and do not answer."""


class Passing(SweepdError):
    """What will be over by itself: the client should try again.

    Attributes:
        retry_after_s: Seconds after which it will be over; None when nobody can say.
    """

    def __init__(self, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(Passing):
    """A passing fault of ours: disk full, database busy."""


class TooMany(Passing):
    """The caller asks for more at once than their share."""


def unraised(error: E) -> E:
    """The same error as if nobody had met it yet: for what is kept, and raised each time anew.

    A raised error holds the frames it went through, and those the request, its body, the
    application. Kept as it is, it would hold all that for as long as it is kept.
    """
    copy = type(error).__new__(type(error), *error.args)
    copy.__dict__.update(error.__dict__)
    return copy


def let_go(error: BaseException) -> None:
    """Let an error, and those it came of, hold no frame any more: for whoever has answered for it.

    The frames hold the request and what was made of it, often also what holds the error: a circle,
    which would keep all that until the collector looks for circles, and that may be long.
    """
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = None
        waiting += [one.__cause__, one.__context__]
