"""How times and counts are kept."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sweepd.store.column_types import Count, UtcTime


@pytest.mark.parametrize(
    "value",
    [
        None,
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 12, 30, 1, 123456, tzinfo=UTC),
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=5))),
    ],
)
def test_times_are_whole_microseconds_of_utc(value: datetime | None) -> None:
    kind = UtcTime()
    kept = kind.process_bind_param(value, None)
    assert kind.process_result_value(kept, None) == value
    if value is not None:
        assert kept == round(value.timestamp() * 1_000_000)
        found = kind.process_result_value(kept, None)
        assert found is not None and found.utcoffset() == timedelta()


@pytest.mark.parametrize("value", [None, 0, 255, 10**30])
def test_counts_are_of_any_size(value: int | None) -> None:
    kind = Count()
    kept = kind.process_bind_param(value, None)
    assert kind.process_result_value(kept, None) == value
    assert kept == (None if value is None else format(value, "x"))
