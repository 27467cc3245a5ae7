"""Counts and positions of any size: grids beyond 31, 63 and 100 bits, ranges as wide as a seed."""

import json
import time

import pytest

from sweepd import server
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps import searching
from sweepd.store import sweeps
from tests.unit.services.handing_out import (
    beat,
    begin,
    edit,
    end,
    make_sweep,
    next_run,
    register,
    state_of,
)

pytestmark = pytest.mark.both_databases


BAYES = """
method: bayes
program: train.py
metric: {{name: loss}}
parameters: {{s: {{min: 0, max: {most}}}}}
"""


def grid(n_digits: int) -> str:
    """A sweep file of 10^n cells."""
    names = [f"p{i:02}" for i in range(n_digits)]
    lines = "".join(f"  {name}: {{min: 0, max: 9}}\n" for name in names)
    return f"method: grid\nprogram: train.py\nparameters:\n{lines}"


@pytest.mark.parametrize("n_digits", [10, 20, 30])
def test_grid_of_any_size_goes_out_in_order(
    parts: server.Parts, ann: Caller, n_digits: int
) -> None:
    sweep = make_sweep(parts, ann, grid(n_digits))
    assert sweep.n_expected == 10**n_digits
    [listed] = parts.services.sweeps.list_all(parts.services.sweeps.project(sweep))
    assert listed.n_configs == 10**n_digits
    agent = register(parts, ann, sweep)
    last = f"p{n_digits - 1:02}"
    for number in range(3):
        command = next_run(parts, ann, agent)
        assert command.config is not None
        assert command.config[last] == number
        assert sum(command.config.values()) == number
        end(parts, ann, str(command.run_id))
    ahead = {"next_index": 10**n_digits - 1}
    parts.core.db.write(lambda c: sweeps.update_sweep(c, sweep.pk, ahead))
    command = next_run(parts, ann, agent)
    assert command.config is not None
    assert set(command.config.values()) == {9}, "the last cell"
    end(parts, ann, str(command.run_id))
    assert [c.kind for c in beat(parts, ann, agent)] == ["exit"]
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


WIDE = {
    "seed": "seed: {min: 0, max: 9223372036854775807}",
    "beyond": "seed: {min: 0, max: 1000000000000000000000000000000}",
    "q_log": "x: {distribution: q_log_uniform_values, min: 1, max: 9.3e+18}",
    "q_exponents": "x: {distribution: q_log_uniform, min: 0, max: 43.7}",
    "q": "x: {distribution: q_uniform, min: 0.0, max: 1.0e+30, q: 1}",
}


@pytest.mark.slow
@pytest.mark.parametrize("parameter", WIDE.values(), ids=WIDE)
@pytest.mark.parametrize("more", ["", "sweepd: {distinct: true}\n"], ids=["", "distinct"])
def test_random_over_ranges_of_any_width(
    parts: server.Parts, ann: Caller, parameter: str, more: str
) -> None:
    text = f"method: random\nprogram: t.py\nparameters: {{{parameter}}}\n{more}"
    sweep = make_sweep(parts, ann, text)
    agent = register(parts, ann, sweep)
    found = []
    for _ in range(5):
        command = next_run(parts, ann, agent)
        end(parts, ann, str(command.run_id))
        found.append(json.dumps(command.config))
    assert len(set(found)) == 5
    assert state_of(parts, ann, edit(parts, ann, sweep, text + "run_cap: 5\n")).n_expected == 5


def test_seeds_drawn_from_a_wide_range_use_all_of_its_bits(
    parts: server.Parts, ann: Caller
) -> None:
    text = f"method: random\nprogram: t.py\nparameters: {{{WIDE['seed']}}}\nsweepd: {{seed: 1}}\n"
    agent = register(parts, ann, make_sweep(parts, ann, text))
    low = set()
    for _ in range(12):
        command = next_run(parts, ann, agent)
        end(parts, ann, str(command.run_id))
        assert command.config is not None
        low.add(command.config["seed"] % 1024)
    assert len(low) > 6


@pytest.mark.slow
def test_bayes_over_64_bits(parts: server.Parts, ann: Caller) -> None:
    text = BAYES.format(most=2**64 - 1)
    sweep = make_sweep(parts, ann, text)
    found = _proposed(parts, ann, sweep.pk)
    assert 0 <= found["s"] <= 2**64 - 1


def test_search_that_breaks_warns_and_random_configs_go_out(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[object]:
        raise OverflowError("int too large")

    monkeypatch.setattr(searching.Searching, "propose", broken)
    text = BAYES.format(most=9)
    sweep = make_sweep(parts, ann, text)
    assert 0 <= _proposed(parts, ann, sweep.pk)["s"] <= 9
    [warning] = [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]
    assert "int too large" in warning and "drawn at random" in warning


def _proposed(parts: server.Parts, ann: Caller, sweep_pk: int) -> dict[str, int]:
    sweep = parts.services.sweeps.get_by_pk(ann, sweep_pk)
    agent = register(parts, ann, sweep)
    parts.proposals.start()
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for command in beat(parts, ann, agent):
                begin(parts, ann, str(command.run_id))
                assert command.config is not None
                return dict(command.config)
    finally:
        parts.proposals.stop()
    pytest.fail("nothing was handed out")
