"""Which way a metric is to go: the one place that knows what better means.

The search reads this too; it imports nothing else of `domain`.
"""

from collections.abc import Iterable
from enum import StrEnum


class Goal(StrEnum):
    """What a sweep does with its metric, in the sweep file's words."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @property
    def is_max(self) -> bool:
        """Whether greater is better."""
        return self is Goal.MAXIMIZE

    @property
    def sign(self) -> float:
        """1.0 or -1.0: a value times this is better the smaller it is."""
        return -1.0 if self.is_max else 1.0

    def best(self, values: Iterable[float]) -> float:
        """The best of the values.

        Raises:
            ValueError: There is none.
        """
        return max(values) if self.is_max else min(values)

    def extreme(self, least: float | None, greatest: float | None) -> float | None:
        """The better of a run's least and greatest value; None when it has none."""
        return greatest if self.is_max else least

    def is_worse(self, value: float, other: float) -> bool:
        """Whether a value is worse than another; equal ones are not."""
        return value < other if self.is_max else value > other

    def reaches(self, value: float, target: float) -> bool:
        """Whether a value is as good as a target, or better."""
        return value >= target if self.is_max else value <= target
