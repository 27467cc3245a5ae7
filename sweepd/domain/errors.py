"""Every error we raise on purpose. A message says what was expected, what came, what to do."""


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
