"""No more repetitions are queued than `run_cap` leaves room for."""

from types import SimpleNamespace
from typing import Any

import pytest

from sweepd.search.grammar.sweep_file import parse
from sweepd.services.sweeps import repeats


@pytest.mark.parametrize(
    ("run_cap", "n_cells", "expected"),
    [(None, 9, [1, 2, 3]), (9, 2, [1, 2, 3]), (4, 2, [1, 2]), (3, 2, [1]), (2, 2, []), (1, 2, [])],
)
def test_repetitions_end_at_the_cap(
    run_cap: int | None, n_cells: int, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: dict[str, Any] = {}

    def queue(_: Any, __: Any, fresh: dict[str, Any]) -> int:
        queued.update(fresh)
        return len(fresh)

    monkeypatch.setattr(repeats.cells, "find_keys", lambda *_: set())
    monkeypatch.setattr(repeats.cell_states, "queue_cells", queue)
    extras = {"repeats": 4, "repeat_as": "n"}
    spec = parse({"method": "random", "parameters": {"a": {"value": 1}}, "sweepd": extras})
    sweep: Any = SimpleNamespace(pk=1, run_cap=run_cap, n_cells=n_cells)
    connection: Any = None
    assert repeats.queue_others(connection, sweep, spec, "k", {"a": 1}) == len(expected)
    assert [config["n"] for config in queued.values()] == expected
