"""Run times that depend on the config are learnt; others, and those of no one, change nothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sweepd.search.bayes.costs import MAX_RUNS, MIN_RUNS, Costs
from sweepd.search.bayes.gaussian_process import Prior
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation, State
from sweepd.search.proposing import propose
from sweepd.search.spec import SweepSpec

PARAMETERS = {
    "x": {"min": 0.0, "max": 1.0},
    "width": {"min": 0.0, "max": 1.0},
    "kind": {"values": ["a", "b"]},
}


def sweep(**extras: Any) -> SweepSpec:
    raw = {"method": "bayes", "metric": {"name": "y"}, "parameters": PARAMETERS}
    return parse(raw | {"sweepd": extras})


def runs(n: int, seconds: Any, state: State = "finished", seed: int = 0) -> list[Observation]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        config = {"x": rng.random(), "width": rng.random(), "kind": str(rng.choice(["a", "b"]))}
        value = float((config["x"] - 0.4) ** 2)
        found.append(Observation(config, value, state, seconds=seconds(config, rng)))
    return found


def costs(observations: list[Observation]) -> Costs:
    return Costs(Coordinates(sweep().space), observations, Prior())


def at(**config: Any) -> np.ndarray:
    config = {"x": 0.5, "width": 0.5, "kind": "a"} | config
    return Coordinates(sweep().space).of_configs([config])


def slow_where_wide(config: Any, rng: np.random.Generator) -> float:
    return float(10 * 30 ** config["width"] * rng.lognormal(0, 0.1))


def test_times_that_grow_with_a_parameter_are_predicted_within_a_third():
    found = costs(runs(20, slow_where_wide))
    assert found.depend_on_place
    apart = found.log_seconds(at(width=0.9)) - found.log_seconds(at(width=0.1))
    assert float(apart[0]) == pytest.approx(0.8 * np.log(30), rel=0.35)
    other = found.log_seconds(at(x=0.9)) - found.log_seconds(at(x=0.1))
    assert abs(float(other[0])) < 0.5


def test_a_choice_that_takes_ten_times_as_long_is_known():
    found = costs(
        runs(16, lambda c, rng: (100 if c["kind"] == "b" else 10) * rng.lognormal(0, 0.1))
    )
    apart = found.log_seconds(at(kind="b")) - found.log_seconds(at(kind="a"))
    assert float(apart[0]) == pytest.approx(np.log(10), rel=0.35)


def test_times_that_differ_by_chance_alone_say_nothing():
    """As good as never: a rule that looks at many places finds something in a few of a hundred."""
    found = [costs(runs(25, lambda _, rng: 60 * rng.lognormal(0, 0.5), seed=i)) for i in range(12)]
    assert sum(each.depend_on_place for each in found) <= 1
    even = next(each for each in found if not each.depend_on_place)
    assert (even.log_seconds(at(width=0.9)) == 0).all()


@pytest.mark.parametrize(
    "observations",
    [
        [],
        runs(MIN_RUNS - 1, slow_where_wide),
        runs(20, lambda *_: None),
        runs(20, lambda *_: 0.0),
        runs(20, lambda *_: 60.0),
        runs(20, slow_where_wide, "crashed"),
        runs(20, slow_where_wide, "running"),
    ],
    ids=["none", "few", "unknown", "nothing", "even", "crashed", "running"],
)
def test_where_times_tell_nothing_every_place_costs_the_same(observations: list[Observation]):
    assert not costs(observations).depend_on_place


def test_no_place_is_quicker_than_the_quickest_or_slower_than_the_slowest():
    timed = runs(20, slow_where_wide)
    found = costs(timed)
    logs = np.log([run.seconds or 0.0 for run in timed])
    rng = np.random.default_rng(1)
    spread = found.log_seconds(np.column_stack([rng.random((500, 2)), rng.integers(0, 2, 500)]))
    assert spread.min() >= logs.min() - logs.mean() - 1e-9
    assert spread.max() <= logs.max() - logs.mean() + 1e-9


def test_only_so_many_runs_are_modelled_the_latest():
    """Those before them took no time that depends on anything."""
    early = runs(MAX_RUNS, lambda _, rng: 60 * rng.lognormal(0, 0.5))
    late = runs(MAX_RUNS, slow_where_wide, seed=1)
    assert costs([*early, *late]).depend_on_place
    assert not costs([*late, *early]).depend_on_place


@pytest.mark.slow
def test_under_a_budget_what_takes_long_for_nothing_is_left_alone():
    """`width` has no part in the objective and makes runs up to thirty times as long."""
    timed = runs(25, slow_where_wide)
    asked = [propose(sweep(budget="2h"), timed[: 20 + i], [], 1, i)[0] for i in range(5)]
    unbounded = [propose(sweep(), timed[: 20 + i], [], 1, i)[0] for i in range(5)]
    untimed = [replace(run, seconds=None) for run in timed]
    blind = [propose(sweep(budget="2h"), untimed[: 20 + i], [], 1, i)[0] for i in range(5)]
    widths = [np.mean([config["width"] for config in each]) for each in (asked, unbounded)]
    assert widths[0] < widths[1] - 0.25
    assert blind == unbounded
