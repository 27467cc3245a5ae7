"""How values are stored that neither database has a type of its own for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC time, stored as whole microseconds since 1970: exact, sortable, alike in both
    databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Count(sa.types.TypeDecorator[int]):
    """A whole number from 0 of any size, as hexadecimal text: a grid may have 10³⁰ cells, and a
    database's own numbers end at 63 bits. Not for sorting or sums in SQL."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Any) -> str | None:
        return None if value is None else f"{value:x}"

    def process_result_value(self, value: str | None, dialect: Any) -> int | None:
        return None if value is None else int(value, 16)
