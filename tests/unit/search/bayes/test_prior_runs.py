"""Runs that were there before the sweep count as its own until its own contradict them."""

import numpy as np
import pytest

from sweepd.search.bayes.prior_runs import weighed
from sweepd.search.bayes.settings import DEFAULT
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose
from sweepd.search.spec import Metric

SPEC = parse(
    {
        "method": "bayes",
        "metric": {"name": "loss"},
        "parameters": {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}},
    }
)
COORDINATES = Coordinates(SPEC.space)


def bowl(x, y):
    return (x - 0.3) ** 2 + 2 * (y - 0.6) ** 2 + 0.5 * x * y


def opposite(x, y):
    return -bowl(x, y)


def runs(n, of, seed=0, is_prior=False):
    points = np.random.default_rng(seed).random((n, 2)).tolist()
    return [Observation({"x": x, "y": y}, of(x, y), is_prior=is_prior) for x, y in points]


def told(prior, own):
    return weighed(COORDINATES, Metric("loss"), [*prior, *own], DEFAULT)


def test_runs_of_the_same_objective_stay_results_of_the_sweep() -> None:
    prior, own = runs(20, bowl, 1, True), runs(12, bowl, 2)
    assert told(prior, own) == [*prior, *own]


@pytest.mark.parametrize("of", [opposite, lambda x, y: 40 + 3 * bowl(y, x)])
def test_contradicted_runs_become_a_source(of) -> None:
    prior, own = runs(20, of, 1, True), runs(12, bowl, 2)
    found = told(prior, own)
    assert [o.source for o in found] == ["-R"] * 20 + [""] * 12
    assert [o.config for o in found] == [o.config for o in [*prior, *own]]


def test_few_own_results_contradict_nothing() -> None:
    prior, own = runs(20, opposite, 1, True), runs(4, bowl, 2)
    assert told(prior, own) == [*prior, *own]


def test_runs_without_a_value_contradict_and_support_nothing() -> None:
    failed = [Observation({"x": 0.5, "y": 0.1 * k}, None, "failed", is_prior=True) for k in (1, 2)]
    own = runs(12, bowl, 2)
    assert told(failed, own) == [*failed, *own]


def test_every_second_config_of_the_first_design_goes_out_beside_them() -> None:
    prior, own = runs(20, bowl, 1, True), runs(4, bowl, 2)
    for n in range(4):
        beside = propose(SPEC, [*prior, *own[:n]], [], 1, 0)
        without = propose(SPEC, own[:n], [], 1, 0)
        assert (beside == without) is (n % 2 == 1), n


def best_of(prior, n, seed) -> tuple[float, list[Observation]]:
    own: list[Observation] = []
    while len(own) < n:
        [config] = propose(SPEC, [*prior, *own], [], 1, seed)
        own.append(Observation(config, bowl(**config)))
    return min(run.objective for run in own), own


@pytest.mark.slow
def test_misleading_prior_runs_do_not_keep_the_search_from_the_best() -> None:
    best = min(bowl(x / 200, y / 200) for x in range(201) for y in range(201))
    for seed in range(2):
        found, own = best_of(runs(30, opposite, 7 + seed, True), 16, seed)
        assert found - best < 1e-3
        assert all(run.config not in [o.config for o in runs(30, bowl, 7 + seed)] for run in own)
