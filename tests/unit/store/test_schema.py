"""Keys are never used twice, and what belongs to a thing goes with it."""

import pytest
import sqlalchemy as sa

from sweepd.store import schema


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
