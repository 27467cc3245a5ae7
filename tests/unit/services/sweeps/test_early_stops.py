"""Early termination as numbers arrive."""

from dataclasses import replace

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.sweeps import early_stops, specs
from sweepd.store import objectives, sweeps
from sweepd.store.database import Connection
from tests.unit.services.handing_out import (
    GRID,
    beat,
    begin,
    log,
    make_sweep,
    register,
)

pytestmark = pytest.mark.both_databases


def test_hyperband_stops_a_run_on_arrival_with_its_reason(parts: server.Parts, ann: Caller) -> None:
    rule = "early_terminate: {type: hyperband, min_iter: 2, eta: 2}\n"
    sweep = make_sweep(parts, ann, GRID + rule)
    good, bad = register(parts, ann, sweep), register(parts, ann, sweep)
    [first], [second] = beat(parts, ann, good), beat(parts, ann, bad)
    assert first.run_id and second.run_id
    begin(parts, ann, first.run_id)
    begin(parts, ann, second.run_id)
    assert not log(parts, ann, first.run_id, 0, 0.5, 0.1)
    assert not log(parts, ann, second.run_id, 0, 0.9)
    # Of two values the threshold is the second best, which the worse run equals, not exceeds.
    assert not log(parts, ann, second.run_id, 1, 0.8)
    third_agent = register(parts, ann, sweep)
    [third] = beat(parts, ann, third_agent)
    assert third.run_id
    begin(parts, ann, third.run_id)
    assert log(parts, ann, third.run_id, 0, 0.9, 0.95)
    run = parts.services.runs.get(ann, "ann", "p", third.run_id)
    assert run.stop_reason is not None and "hyperband" in run.stop_reason


def test_the_search_is_told_how_far_each_run_came(parts: server.Parts, ann: Caller) -> None:
    rule = "early_terminate: {type: hyperband, min_iter: 2, eta: 2}\n"
    sweep = make_sweep(parts, ann, GRID + rule)
    agent = register(parts, ann, sweep)
    [first] = beat(parts, ann, agent)
    assert first.run_id
    begin(parts, ann, first.run_id)
    log(parts, ann, first.run_id, 0, 0.5, 0.1, 0.3, 0.05, 0.2)
    with parts.core.db.read() as connection:
        kept = sweeps.find_sweep_by_pk(connection, sweep.pk)
        assert kept is not None
        spec = specs.spec_of(kept)
        found = early_stops.curves(connection, kept, spec)
        assert found == {first.run_id: [(2, 0.1), (4, 0.05)]}
        assert early_stops.curves(connection, kept, replace(spec, early_terminate=None)) == {}


@pytest.mark.parametrize(
    ("kind", "bands"),
    [("hyperband", {4, 8}), ("asha", {4, 8}), ("median", {5, 6, 7, 8, 9})],
)
def test_a_rule_reads_what_it_needs_of_a_run_not_all_its_values(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch, kind: str, bands: set[int]
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("all values were read")

    monkeypatch.setattr(objectives, "list_values", refuse)
    read: list[int] = []
    peers = objectives.values_at

    def note(connection: Connection, sweep_pk: int, n: int, column: str) -> list[float]:
        read.append(n)
        return peers(connection, sweep_pk, n, column)

    monkeypatch.setattr(objectives, "values_at", note)
    rule = f"early_terminate: {{type: {kind}, min_iter: 4, eta: 2}}\n"
    sweep = make_sweep(parts, ann, GRID + (rule if kind != "median" else rule[:-11] + "}\n"))
    [first] = beat(parts, ann, register(parts, ann, sweep))
    assert first.run_id
    begin(parts, ann, first.run_id)
    for step in range(9):
        log(parts, ann, first.run_id, step, 1 / (step + 1))
    assert set(read) == bands, "each band is read once it is reached, and none before"
    assert len(read) <= 6, "nor more than one at a post"
