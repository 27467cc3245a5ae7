"""What `bayes` models and how it climbs, beyond the contract all methods keep."""

from dataclasses import replace

import numpy as np
import pytest

from sweepd.search.bayes.acquisition import fantasise, log_ei
from sweepd.search.bayes.bayes import _candidates, propose, refine
from sweepd.search.bayes.model import model_of
from sweepd.search.bayes.objective import Data, gather
from sweepd.search.bayes.settings import DEFAULT
from sweepd.search.bayes.warp import warps
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.spec import Metric

NUMBERS = np.array([False, False])


def make_data(y_of, n=40, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 2))
    return Data(X, y_of(X, rng), np.ones(n), np.zeros(n), X[:0], X[:0], 0)


def valley(X):
    """Smooth on a log scale, over six orders of magnitude."""
    return np.exp(7 * ((X - 0.4) ** 2).sum(axis=1) / 0.36)


@pytest.mark.slow
def test_a_long_tail_is_drawn_in_where_results_are_exact():
    data = make_data(lambda X, rng: valley(X))
    plain, drawn = warps(data.y)
    assert model_of(data, NUMBERS).y == pytest.approx(drawn.y)
    assert not np.allclose(plain.y, drawn.y)


@pytest.mark.slow
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
    model = model_of(
        Data(X, y, np.ones(20), np.zeros(20), X[:0], X[:0], 0), coordinates.is_category
    )
    state = fantasise(model, X[:0], np.empty((1, 0)))
    starts = coordinates.from_cube(rng.random((4, 3)))
    found = refine(state, starts, coordinates, DEFAULT.polish)
    assert log_ei(state, found).sum() > log_ei(state, starts).sum()
    assert found[:, 1].tolist() == starts[:, 1].tolist()
    assert np.abs(found - starts).max() <= DEFAULT.polish + 1e-12
    assert found.min() >= 0 and found.max() <= 1


TWO = parse(
    {
        "method": "bayes",
        "metric": {"name": "loss"},
        "parameters": {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}},
    }
)


def bowl(n):
    """Runs of a smooth function with its lowest point at (0.37, 0.71)."""
    points = np.random.default_rng(5).random((n, 2)).tolist()
    return [Observation({"x": x, "y": y}, (x - 0.37) ** 2 + 2 * (y - 0.71) ** 2) for x, y in points]


@pytest.mark.parametrize("n_runs", [0, 2, 14])
def test_asking_for_several_is_asking_for_one_with_the_earlier_ones_pending(n_runs):
    """In the first design, on its edge, and from the model."""
    runs = bowl(n_runs)
    together = propose(TWO, runs, [], 3, 7)
    one_by_one = []
    for _ in range(3):
        one_by_one += propose(TWO, runs, one_by_one, 1, 7)
    assert together == one_by_one


def test_earlier_configs_of_one_ask_keep_the_next_away():
    """Without results, every point beside a pending one promises less."""
    runs = bowl(14)
    first, second = propose(TWO, runs, [], 2, 7)
    coordinates = Coordinates(TWO.space)
    data = gather(coordinates, TWO.metric, runs, [])
    model = model_of(data, coordinates.is_category)
    points = coordinates.of_configs([first, second])
    draws = np.random.default_rng(0).standard_normal((16, 1))
    alone = fantasise(model, points[:0], draws[:, :0])
    beside = fantasise(model, points[:1], draws)
    assert log_ei(alone, points[:1])[0] > log_ei(beside, points[:1])[0] + 1
    assert log_ei(beside, points[1:])[0] > log_ei(beside, points[:1])[0]


def test_one_ask_holds_no_config_twice_and_ends_with_the_space():
    """Nine configs, six of them run; the best place left is the same for each of the others."""
    parameters = {name: {"values": [0, 1, 2]} for name in "xy"}
    spec = parse({"method": "bayes", "metric": {"name": "loss"}, "parameters": parameters})
    cells = [{"x": x, "y": y} for x in range(3) for y in range(3)]
    runs = [Observation(c, c["x"] + c["y"] / 2 + 0.1) for c in cells[::-1][:6]]
    found = propose(spec, runs, [], 5, 7, replace(DEFAULT, n_design=0))
    assert sorted(found, key=str) == sorted(cells[:3], key=str)


@pytest.mark.slow
def test_a_refined_candidate_promises_more_than_the_best_drawn():
    runs = bowl(14)
    coordinates = Coordinates(TWO.space)
    model = model_of(gather(coordinates, TWO.metric, runs, []), coordinates.is_category)
    state = fantasise(model, np.empty((0, 2)), np.empty((16, 0)))
    for seed in range(4):
        [drawn] = propose(TWO, runs, [], 1, seed, replace(DEFAULT, n_refined=0))
        [refined] = propose(TWO, runs, [], 1, seed)
        low, high = log_ei(state, coordinates.of_configs([drawn, refined]))
        assert high > low, seed


def test_candidates_are_judged_and_climb_where_their_configs_are():
    """A parameter that a condition leaves out has no value that could promise anything."""
    spec = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss"},
            "parameters": {
                "kind": {"values": ["a", "b"]},
                "x": {"min": 0.0, "max": 1.0},
                "y": {"min": 0.0, "max": 1.0},
            },
            "sweepd": {"when": {"x": {"kind": "a"}, "y": {"kind": "b"}}},
        }
    )
    coordinates = Coordinates(spec.space)
    rng = np.random.default_rng(0)
    configs = [spec.space.decode(unit) for unit in rng.random((20, 3))]
    runs = [Observation(c, (c.get("x", 0.8) - 0.3) ** 2 + c.get("y", 0.2)) for c in configs]
    model = model_of(gather(coordinates, spec.metric, runs, []), coordinates.is_category)

    def as_configs(points):
        return coordinates.of_configs([coordinates.to_config(point) for point in points])

    points = _candidates(coordinates, model, rng, DEFAULT)
    assert points == pytest.approx(as_configs(points), abs=1e-9)
    state = fantasise(model, points[:0], np.empty((1, 0)))
    climbed = refine(state, points[:6], coordinates, DEFAULT.polish)
    assert climbed == pytest.approx(as_configs(climbed), abs=1e-9)
    assert not np.array_equal(climbed, points[:6])
