"""Which config comes next: the queue, random draws, seeds."""

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from tests.unit.services.handing_out import (
    GRID,
    beat,
    make_sweep,
    register,
    work_off,
)

pytestmark = pytest.mark.both_databases


def test_queued_config_goes_first_and_keeps_its_run(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    run = parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 3, "b": "y"})
    [command] = beat(parts, ann, register(parts, ann, sweep))
    assert (command.run_id, command.config) == (run.run_id, {"a": 3, "b": "y"})


def test_random_in_a_distinct_space_never_repeats_and_ends(
    parts: server.Parts, ann: Caller
) -> None:
    text = GRID.replace("method: grid", "method: random") + "sweepd: {distinct: true}\n"
    sweep = make_sweep(parts, ann, text)
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 6
    configs = {point.config for point in parts.services.sweeps.points(sweep)}
    assert len(configs) == 6


def test_same_seed_gives_the_same_random_sequence(parts: server.Parts, ann: Caller) -> None:
    text = "method: random\nrun_cap: 5\nparameters: {x: {min: 0.0, max: 1.0}}\nsweepd: {seed: 7}\n"
    found = []
    for _ in range(2):
        sweep = make_sweep(parts, ann, text)
        work_off(parts, ann, register(parts, ann, sweep))
        found.append([point.config for point in parts.services.sweeps.points(sweep)])
    assert found[0] == found[1]
    assert len(set(found[0])) == 5
