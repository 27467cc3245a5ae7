"""What a statement is to whatever sends it, alone or with others."""

from collections.abc import Hashable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

Row = tuple[str, int]  # a table and the key of a row
Values = Mapping[str, Any]


class Keeps(Enum):
    """Which answers of a SELECT hold for the rest of a transaction, whoever asks."""

    NONE = 0
    ALL = 1  # and changes of a row by its key are made in them, too
    NOTHING = 2  # that there is no such row, until it is asked `anew`


class Sent(Protocol):
    """A statement for certain names of values, as it is sent."""

    @property
    def places(self) -> Mapping[str, int]:
        """Where in its rows the columns are, by name."""
        ...

    @property
    def sql(self) -> str:
        """With places for one set of values."""
        ...

    @property
    def many(self) -> str:
        """With places for arrays, one item a set; a SELECT's first column counts the sets from 1.
        Empty where each set has to be sent by itself."""
        ...

    def given(self, values: Values) -> Any:
        """One set as the driver takes it."""
        ...

    def given_many(self, sets: Sequence[Values]) -> Any:
        """Several as the driver takes them."""
        ...


class Kept(Protocol):
    """A statement whatever names its values have."""

    def sent(self, dialect: sa.Dialect, values: Values) -> Sent:
        """For these names."""
        ...


class Asked(NamedTuple):
    """A SELECT with its values."""

    key: Hashable
    sent: Sent
    values: Values
    table: str | None  # whose rows it gives, the first column their key
    keeps: Keeps
