"""What a loop over something a user defines may cost: looks, and seconds."""

import time

from sweepd.search.errors import TooMuchWork

EACH = 64  # looks between two glances at the clock


class Budget:
    """Counts looks down; spending more than there is ends the loop that spends.

    Args:
        looks: How many things may be looked at.
        seconds: How long that may take, from now on.
        advice: What the user is told to change when it is not enough.
    """

    def __init__(self, looks: int, seconds: float, advice: str) -> None:
        self.looks = looks
        self._left = looks
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._next_glance = looks - EACH
        self._advice = advice

    @property
    def is_spent(self) -> bool:
        """Whether the looks or the seconds are used up."""
        return self._left < 0 or time.monotonic() > self._until

    def spend(self, looks: int = 1) -> None:
        """Take some looks.

        Raises:
            TooMuchWork: They or the seconds are used up.
        """
        self._left -= looks
        if self._left < 0:
            raise TooMuchWork(f"nothing was found in {self.looks:,} looks; {self._advice}")
        if self._left <= self._next_glance:
            self._next_glance = self._left - EACH
            if time.monotonic() > self._until:
                raise TooMuchWork(f"nothing was found in {self._seconds:g} s; {self._advice}")
