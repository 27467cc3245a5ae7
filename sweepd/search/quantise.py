"""W&B's quantisation: `round(x / q) * q`, half to even, whole when q is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Multiples(Sequence[Any]):
    """The multiples `first * q … last * q`, made when asked for."""

    q: float
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many; `len` ends at 2⁶³."""
        return self.last - self.first + 1

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < self.size:
            raise IndexError(index)
        return multiple(self.first + index, self.q)


def size_of(choices: Sequence[Any]) -> int:
    """The length of a sequence, also of a lazy one that is longer than `len` can say."""
    if isinstance(choices, range):
        return max(0, choices.stop - choices.start)  # all of ours have step 1
    size = getattr(choices, "size", None)
    return len(choices) if size is None else int(size)


def quantise(x: float, q: float) -> int | float:
    """`round(x / q) * q`, half to even; an int when q is an int."""
    return multiple(step_of(x, q), q)


def step_of(x: float, q: float) -> int:
    """Which multiple of q is nearest, half to even."""
    return round(x / q)


def multiple(step: int, q: float) -> int | float:
    """`step * q`, a whole number when q is one."""
    return step * int(q) if isinstance(q, int) else float(step) * q
