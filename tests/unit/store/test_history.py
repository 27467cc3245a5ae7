"""Streams: addressed by line number, so resending changes nothing."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepd.services.runs.runs import RunChange
from sweepd.store import history, runs
from sweepd.store.database import Connection
from sweepd.store.history import Stream
from tests.conftest import FakeClock, build_parts

BLOCKS = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.lists(st.sampled_from(["a", "b", "", "é\u2028", "x" * 50]), min_size=1, max_size=6),
    ),
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(blocks=BLOCKS)
def test_any_blocks_read_back_as_the_last_said(blocks: list[tuple[int, list[str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = build_parts(Path(folder), FakeClock())
        parts.services.users.add_user("ann")
        ann = parts.services.users.get_caller("ann")
        run, _ = parts.services.runs.upsert(ann, None, "p", "r", RunChange())
        expected: dict[int, str] = {}

        def write(connection: Connection) -> None:
            n_lines = 0
            for first, lines in blocks:
                n_lines = history.append_lines(
                    connection, run.pk, Stream.HISTORY, first, lines, n_lines
                )
                expected.update(enumerate(lines, first))
            runs.update_run(connection, run.pk, {"history_lines": n_lines})
            assert n_lines == max(expected, default=-1) + 1

        parts.core.db.write(write)
        with parts.core.db.read() as connection:
            found = dict(history.read_lines(connection, run.pk, Stream.HISTORY))
        parts.core.db.close()
        assert found == expected
