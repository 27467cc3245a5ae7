"""Earlier sweeps beside this one: how near they are is learnt, and what misleads is left."""

import math

import numpy as np
import pytest

from sweepd.search.bayes import sources as module
from sweepd.search.bayes.acquisition import fantasise, log_ei, log_ei_gradient
from sweepd.search.bayes.gaussian_process import Fit, fit, predict
from sweepd.search.bayes.model import model_of
from sweepd.search.bayes.objective import Data
from sweepd.search.bayes.settings import DEFAULT
from sweepd.search.bayes.sources import MAX_FIT_RUNS, beside, read_sources
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose

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


def runs(n, of, seed=0, source="", scale=1.0):
    points = scale * np.random.default_rng(seed).random((n, 2))
    return [Observation({"x": x, "y": y}, of(x, y), source=source) for x, y in points.tolist()]


def own_model(n, seed=1) -> Fit:
    observations = runs(n, bowl, seed)
    X = COORDINATES.of_configs([o.config for o in observations])
    y = np.array([o.objective for o in observations])
    data = Data(X, y, np.ones(n), np.zeros(n), X[:0], X[:0], 0)
    return model_of(data, COORDINATES.is_category)


def error(model: Fit) -> float:
    """Of the predicted order of places, from 0 (right) on."""
    X = np.random.default_rng(5).random((300, 2))
    mean, _ = predict(model, X)
    return 1 - float(np.corrcoef(mean, bowl(X[:, 0], X[:, 1]))[0, 1])


def sources(of, n=40, scale=1.0, names=("s",)):
    observations = [o for k, name in enumerate(names) for o in runs(n, of, 2 + k, name, scale)]
    return read_sources(COORDINATES, 1.0, observations, DEFAULT)


def test_another_level_and_scale_of_the_same_objective_is_as_good_as_results() -> None:
    helped = beside(own_model(6), sources(lambda x, y: 700 * bowl(x, y) - 40), DEFAULT.prior)
    assert not helped.is_own.all() and helped.is_own.sum() == 6
    assert error(helped) < 0.01 < error(own_model(6))


@pytest.mark.parametrize(
    "of", [lambda x, y: -bowl(x, y), lambda x, y: math.sin(40 * x) * math.cos(37 * y)]
)
def test_what_contradicts_the_results_is_left_out(of) -> None:
    own = own_model(15)
    assert beside(own, sources(of), DEFAULT.prior) is own


def test_each_source_is_judged_by_itself() -> None:
    good, bad = sources(bowl), sources(lambda x, y: -bowl(x, y))
    both = beside(own_model(8), [*good, *bad], DEFAULT.prior)
    assert (~both.is_own).sum() == len(good[0].model.y)
    assert error(both) < 0.02


def test_runs_of_wider_ranges_and_unknown_parameters_have_a_place() -> None:
    wide = sources(bowl, scale=5.0)
    assert 1.5 < wide[0].model.X.max() <= 2.0, "beyond the cube, but not far"
    lacking = [Observation({"x": k / 10, "z": 1}, bowl(k / 10, 0.6), source="s") for k in range(11)]
    [found] = read_sources(COORDINATES, 1.0, lacking, DEFAULT)
    assert (found.model.X[:, 1] == 0.5).all()
    helped = beside(own_model(4), [found], DEFAULT.prior)
    assert np.isfinite(predict(helped, np.random.default_rng(0).random((9, 2)))[0]).all()


def test_many_sources_share_the_room_of_few() -> None:
    five = sources(bowl, n=200, names=tuple("abcde"))
    assert len(five) == 5 and sum(len(source.model.y) for source in five) <= 150
    assert len(sources(bowl, n=200)[0].model.y) == 120


def test_the_hyperparameters_are_fitted_to_runs_spread_over_all_of_the_sources(monkeypatch) -> None:
    """The rest of a joint model is conditioned on; that its best or its worst came first says
    nothing of how near it is."""
    given: list[np.ndarray] = []

    def noted(X, *args, **options):
        given.append(X)
        return fit(X, *args, **options)

    found = sources(bowl)
    monkeypatch.setattr(module, "fit", noted)
    beside(own_model(6), found, DEFAULT.prior)
    [X] = given
    at = [np.flatnonzero((x[:2] == found[0].model.X).all(axis=1))[0] for x in X if x[2] == 1.0]
    assert (X[:, 2] == 0.0).sum() == 6 and len(at) == MAX_FIT_RUNS
    assert at[0] == 0 and at[-1] == len(found[0].model.X) - 1
    assert set(np.diff(at)) <= {1, 2}


def test_one_result_agrees_with_no_order() -> None:
    assert module._rank_correlation(np.array([1.0]), np.array([2.0])) == 0.0


def test_sources_of_no_use_are_none() -> None:
    same = [Observation({"x": 0.1 * k, "y": 0.5}, 1.0, source="s") for k in range(9)]
    failed = [Observation({"x": 0.1 * k, "y": 0.5}, None, "failed", source="f") for k in range(9)]
    few = runs(2, bowl, source="g")
    assert read_sources(COORDINATES, 1.0, [*same, *failed, *few, *runs(9, bowl)], DEFAULT) == []


def test_gradients_are_those_of_the_acquisition_beside_sources() -> None:
    model = beside(own_model(6), sources(bowl), DEFAULT.prior)
    pending = np.array([[0.2, 0.7], [0.8, 0.1]])
    draws = np.random.default_rng(0).standard_normal((8, 2))
    state = fantasise(model, pending, draws)
    X = np.random.default_rng(3).random((4, 2))
    values, gradients = log_ei_gradient(state, X)
    assert values == pytest.approx(log_ei(state, X), abs=1e-6)
    for j in range(2):
        step = np.zeros(2)
        step[j] = 1e-5
        slope = (log_ei(state, X + step) - log_ei(state, X - step)) / 2e-5
        assert gradients[:, j] == pytest.approx(slope, rel=1e-3, abs=1e-4)


def search(earlier, n=14, seed=0) -> list[Observation]:
    """The runs of one sweep, one after the other."""
    own: list[Observation] = []
    while len(own) < n:
        [config] = propose(SPEC, [*earlier, *own], [], 1, seed)
        own.append(Observation(config, bowl(**config)))
    return own


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_source_that_contradicts_leaves_the_search_as_it_is_without(seed) -> None:
    opposite = runs(40, lambda x, y: -bowl(x, y), 10 + seed, "s")
    assert search(opposite, 14, seed) == search([], 14, seed)


def test_before_three_results_agree_with_it_a_source_chooses_nothing() -> None:
    earlier = runs(40, lambda x, y: 3 * bowl(x, y) + 9, 2, "s")
    assert propose(SPEC, earlier, [], 4, 0) == propose(SPEC, [], [], 4, 0)
    with_it, without = search(earlier, 4), search([], 4)
    assert with_it[:3] == without[:3] and with_it[3] != without[3]


@pytest.mark.slow
def test_a_helpful_source_helps() -> None:
    best = min(bowl(x / 200, y / 200) for x in range(201) for y in range(201))

    def regret(of=None) -> float:
        """After four runs, mean over seeds."""
        found = []
        for seed in range(3):
            earlier = [] if of is None else runs(40, of, 10 + seed, "s")
            found.append(min(run.objective for run in search(earlier, 4, seed)) - best)
        return float(np.mean(found))

    assert regret(lambda x, y: 5 * bowl(x, y) - 3) < 0.3 * regret()
