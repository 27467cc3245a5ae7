"""Every error the search raises on purpose."""

from collections.abc import Sequence


class SearchError(Exception):
    """Base of the search's own errors; the service turns them into warnings or answers."""


class ConfigError(SearchError):
    """A sweep config that cannot run.

    Attributes:
        problems: One sentence per violation: the key, what was expected, what came, what to do.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__("; ".join(self.problems))


class ExpressionError(SearchError):
    """An expression under `sweepd:` that cannot be read; the message says where and why."""


class NoFeasibleConfig(SearchError):
    """No config meeting the constraints was found within the bound on attempts."""


class SamplerMissing(SearchError):
    """The sampler asked for needs a package that is not installed; the message names it."""


class TooMuchWork(SearchError):
    """What the sweep file asks for costs more than one sweep may; the message says what to change.

    Everyone else's requests wait for the same processor, so no loop over what a user defines runs
    without an end.
    """
