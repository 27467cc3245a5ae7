"""What `bayes` models and how it climbs, beyond the contract all methods keep."""

import numpy as np
import pytest

from sweepd.search.bayes.acquisition import fantasise, log_ei
from sweepd.search.bayes.bayes import DEFAULT, model_of, refine
from sweepd.search.bayes.objective import Data, gather, warps
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.spec import Metric

NUMBERS = np.array([False, False])


def make_data(y_of, n=40, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 2))
    return Data(X, y_of(X, rng), np.ones(n), np.zeros(n), np.empty((0, 2)), 0)


def valley(X):
    """Smooth on a log scale, over six orders of magnitude."""
    return np.exp(7 * ((X - 0.4) ** 2).sum(axis=1) / 0.36)


def test_a_long_tail_is_drawn_in_where_results_are_exact():
    data = make_data(lambda X, rng: valley(X))
    plain, drawn = warps(data.y)
    assert model_of(data, NUMBERS).y == pytest.approx(drawn.y)
    assert not np.allclose(plain.y, drawn.y)


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_not_magnified_by_drawing_in_the_tail(seed):
    data = make_data(
        lambda X, rng: 50 * ((X - 0.4) ** 2).sum(axis=1) ** 2 + 0.7 * rng.standard_normal(len(X)),
        n=60,
        seed=seed,
    )
    plain, drawn = warps(data.y)
    assert model_of(data, NUMBERS).y == pytest.approx(plain.y)
    assert not np.allclose(plain.y, drawn.y)


def test_a_mean_of_repeats_has_less_noise():
    spec = parse({"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}})
    rng = np.random.default_rng(0)
    runs = [Observation({"x": x}, x + rng.normal()) for x in (0.1, 0.1, 0.1, 0.1, 0.5, 0.9)]
    data = gather(Coordinates(spec.space), Metric("loss"), runs, [])
    model = model_of(data, NUMBERS[:1])
    expected = model.noise / np.array([4.0, 1.0, 1.0])
    assert model.noise_diagonal == pytest.approx(expected, rel=1e-3, abs=1e-7)


def test_climbing_raises_expected_improvement_and_stays_near():
    space = {"a": {"min": 0.0, "max": 1.0}, "b": {"values": [1, 2, 3]}, "c": {"min": 0.0, "max": 1}}
    coordinates = Coordinates(parse({"method": "random", "parameters": space}).space)
    rng = np.random.default_rng(0)
    X = coordinates.from_cube(rng.random((20, 3)))
    y = np.sin(5 * X[:, 0]) + X[:, 1] + X[:, 2] ** 2
    model = model_of(Data(X, y, np.ones(20), np.zeros(20), X[:0], 0), coordinates.is_category)
    state = fantasise(model, X[:0], np.empty((1, 0)))
    starts = coordinates.from_cube(rng.random((4, 3)))
    found = refine(state, starts, coordinates, DEFAULT.polish)
    assert log_ei(state, found).sum() > log_ei(state, starts).sum()
    assert found[:, 1].tolist() == starts[:, 1].tolist()
    assert np.abs(found - starts).max() <= DEFAULT.polish + 1e-12
    assert found.min() >= 0 and found.max() <= 1
