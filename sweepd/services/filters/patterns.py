"""Regular expressions from outside: RE2, as the client documents, whose time grows with the text
alone. An expression that would keep Python's own engine busy for ever cannot be written in it."""

from collections.abc import Callable

from sweepd.domain.errors import BadInput
from sweepd.later import re2

MAX_PATTERN_CHARACTERS = 1000
MAX_MEMORY = 1 << 20


def compile_pattern(text: object, path: str) -> Callable[[str], bool]:
    """Whether a text holds what the expression describes.

    Args:
        path: What is searched, for the message.

    Raises:
        BadInput: Not a regular expression of RE2, or too long.
    """
    if not isinstance(text, str) or len(text) > MAX_PATTERN_CHARACTERS:
        raise BadInput(
            f"{path}: $regex takes a text of at most {MAX_PATTERN_CHARACTERS} characters; "
            f"got {text!r:.100}"
        )
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    try:
        pattern = re2.compile(text, options)
    except re2.error as error:
        told = error.args[0] if error.args else error
        told = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
        raise BadInput(f"{path}: {text!r:.100} is no regular expression of RE2: {told}") from error
    return lambda found: pattern.search(found) is not None
