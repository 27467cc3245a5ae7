"""What the server refuses, and in which words."""

from collections.abc import Callable


def refused(deed: Callable[[], object], *words: str) -> None:
    """Do what must fail with an error that says these words."""
    try:
        deed()
    except Exception as error:
        told = f"{error} {error.__cause__}"
        assert all(word in told for word in words), told
        return
    raise AssertionError(f"not refused: expected {words}")
