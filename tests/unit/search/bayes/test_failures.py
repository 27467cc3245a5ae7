"""Where runs fail is learnt, chance changes nothing, and bad numbers do not blind the search."""

import numpy as np
import pytest

from sweepd.search.bayes.failures import Failures
from sweepd.search.bayes.gaussian_process import fit
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose

UNIT = {"min": 0.0, "max": 1.0}


def failures_of(fails, n=60, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 2))
    failed = np.array([fails(x, rng) for x in X])
    number = np.zeros(2, dtype=bool)
    model = fit(X[~failed], ((X[~failed] - 0.4) ** 2).sum(axis=1), number)
    return Failures(X[~failed], X[failed], model)


def test_a_region_that_fails_is_told_from_one_that_does_not():
    found = failures_of(lambda x, _: x[0] > 0.6)
    good, bad = found.log_chance(np.array([[0.2, 0.5], [0.9, 0.5]]))
    assert good > np.log(0.9) and bad < np.log(0.2)


@pytest.mark.parametrize("seed", range(3))
def test_failures_by_chance_say_nothing_of_a_place(seed):
    found = failures_of(lambda _, rng: rng.random() < 0.1, seed=seed)
    assert np.ptp(found.log_chance(np.random.default_rng(1).random((50, 2)))) < 0.3


def test_without_failures_every_place_is_as_good():
    found = failures_of(lambda *_: False)
    assert not found.log_chance(np.random.default_rng(1).random((5, 2))).any()


def bowl(config):
    return (config["x"] - 0.3) ** 2 + (config["y"] - 0.6) ** 2


def searched(objective, n=24, seed=1):
    spec = parse(
        {"method": "bayes", "metric": {"name": "loss"}, "parameters": {"x": UNIT, "y": UNIT}}
    )
    rng = np.random.default_rng(seed)
    ended = []
    for number in range(n):
        (config,) = propose(spec, ended, [], 1, seed)
        value = objective(number, config, rng)
        ended.append(Observation(config, value, "failed" if value is None else "finished"))
    return ended


ODD = {
    "a tenth fails": lambda _, c, rng: None if rng.random() < 0.1 else bowl(c),
    "half the space fails": lambda _, c, __: None if c["x"] > 0.4 else bowl(c),
    "a third is 1e30": lambda _, c, rng: 1e30 if rng.random() < 0.33 else bowl(c),
    "a tenth is 1e5": lambda _, c, rng: 1e5 if rng.random() < 0.1 else bowl(c),
    "one false best": lambda number, c, __: -50.0 if number == 5 else bowl(c),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_bad_runs_do_not_keep_a_bowl_from_being_found(name):
    ended = searched(ODD[name])
    assert min(bowl(run.config) for run in ended if run.objective is not None) < 1e-4


def test_the_share_of_good_runs_is_one_half_before_any():
    X = np.random.default_rng(0).random((8, 2))
    model = fit(X, X.sum(axis=1), np.zeros(2, dtype=bool))
    shares = [Failures(X[:n], X[n:], model)._share for n in (0, 4, 8)]
    assert shares == pytest.approx([1 / 10, 5 / 10, 9 / 10])
