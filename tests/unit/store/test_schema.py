"""How times and counts are kept."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from sweepd.store import schema


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
    kind = schema.UtcTime()
    kept = kind.process_bind_param(value, None)
    assert kind.process_result_value(kept, None) == value
    if value is not None:
        assert kept == round(value.timestamp() * 1_000_000)
        found = kind.process_result_value(kept, None)
        assert found is not None and found.utcoffset() == timedelta()


@pytest.mark.parametrize("value", [None, 0, 255, 10**30])
def test_counts_are_of_any_size(value: int | None) -> None:
    kind = schema.Count()
    kept = kind.process_bind_param(value, None)
    assert kind.process_result_value(kept, None) == value
    assert kept == (None if value is None else format(value, "x"))


def test_keys_are_never_used_twice() -> None:
    tables = [table for table in schema.metadata.sorted_tables if "id" in table.c]
    assert len(tables) > 15
    for table in tables:
        assert table.dialect_options["sqlite"]["autoincrement"], table.name


def test_what_belongs_to_a_thing_goes_with_it_or_is_let_go() -> None:
    """A row that refers to another neither keeps it nor points at nothing."""
    n_found = 0
    for table in schema.metadata.sorted_tables:
        for column in table.c:
            for key in column.foreign_keys:
                n_found += 1
                expected = "SET NULL" if key.ondelete == "SET NULL" else "CASCADE"
                assert key.ondelete == expected, column
                assert column.nullable or key.ondelete == "CASCADE", column
    assert n_found > 30


@pytest.mark.parametrize(
    ("column", "target"),
    [
        (schema.runs.c.sweep_pk, "SET NULL"),
        (schema.runs.c.cell_pk, "SET NULL"),
        (schema.runs.c.user_pk, "SET NULL"),
        (schema.runs.c.project_pk, "CASCADE"),
        (schema.artifacts.c.run_pk, "SET NULL"),
        (schema.sessions.c.key_pk, "CASCADE"),
        (schema.cells.c.sweep_pk, "CASCADE"),
    ],
)
def test_what_is_left_of_a_run_or_version_when_others_go(
    column: sa.Column[object], target: str
) -> None:
    [key] = column.foreign_keys
    assert key.ondelete == target
