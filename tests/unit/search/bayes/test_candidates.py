"""Where the acquisition is judged: all over, around the best, and one step away."""

import numpy as np
import pytest

from sweepd.search.bayes.candidates import MAX_OPTIONS, around, neighbours, spread
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse

SPACE = {
    "c": {"values": ["a", "b", "c", "d"]},
    "i": {"min": 1, "max": 9},
    "o": {"values": [5]},
    "x": {"min": 0.0, "max": 1.0},
    "y": {"min": 0.0, "max": 1.0},
}


@pytest.fixture
def coordinates():
    return Coordinates(parse({"method": "random", "parameters": SPACE}).space)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_spread_points_fill_the_space_evenly_and_differ_by_generator(coordinates):
    points = spread(coordinates, 256, rng())
    assert points.shape == (256, 5)
    assert coordinates.snap(points) == pytest.approx(points)
    for j in (3, 4):
        assert sorted((points[:, j] * 256).astype(int)) == list(range(256))
    assert np.bincount(points[:, 0].astype(int)).tolist() == [64] * 4
    assert not np.array_equal(points, spread(coordinates, 256, rng(1)))


def centre(coordinates):
    return coordinates.of_configs([{"c": "b", "i": 5, "o": 5, "x": 0.5, "y": 0.02}])[0]


def test_points_around_a_centre_move_at_least_one_coordinate_and_stay_near(coordinates):
    at = centre(coordinates)
    widths = np.full(5, 0.1)
    points = around(coordinates, at[None], widths, 4000, rng())
    assert coordinates.snap(points) == pytest.approx(points), "all of them are places of configs"
    moved = np.abs(points - at) > 1e-12
    free = points[:, 3:]
    assert (np.abs(free - at[3:]).max(axis=1) <= 0.1 * 5.5).all()
    assert free.min() >= 0 and free.max() <= 1
    n_moved = moved.sum(axis=1)
    assert (n_moved == 0).mean() < 0.2, "a drawn category may be the same, one place cannot move"
    assert set(n_moved.tolist()) >= {1, 2, 3, 4}
    only = moved[n_moved == 1].sum(axis=0)
    assert (only[[0, 1, 3, 4]] > 50).all(), "each of them alone"


def test_steps_go_one_place_at_least_and_both_ways(coordinates):
    at = centre(coordinates)
    points = around(coordinates, at[None], np.full(5, 1e-6), 2000, rng())
    lattice = coordinates.lattices[1]
    steps = np.round((points[:, 1] - at[1]) / (lattice[1] - lattice[0])).astype(int)
    assert set(steps.tolist()) == {-1, 0, 1}
    assert 0.7 < (steps == 1).sum() / (steps == -1).sum() < 1.4


def test_moves_are_of_every_scale_between_a_thirtieth_and_all_of_the_width(coordinates):
    at = centre(coordinates)
    points = around(coordinates, at[None], np.full(5, 0.1), 8000, rng())
    steps = np.abs(points[:, 3] - at[3])
    steps = steps[steps > 0]
    assert 0.008 < np.median(steps) < 0.02
    assert (steps < 0.1 / 60).mean() < 0.25 and (steps > 0.1).mean() < 0.2


def test_moves_beyond_a_bound_are_reflected_not_piled_up(coordinates):
    at = centre(coordinates)
    points = around(coordinates, at[None], np.full(5, 0.2), 4000, rng())
    y = points[:, 4]
    assert (y == 0).sum() < 5 and y.min() >= 0
    assert (y < 0.02).sum() > 100 and (y > 0.05).sum() > 500
    top = at.copy()
    top[4] = 0.98
    y = around(coordinates, top[None], np.full(5, 0.2), 4000, rng())[:, 4]
    assert (y == 1).sum() < 5 and y.max() <= 1 and (y < 0.95).sum() > 500


def test_centres_are_used_in_turn(coordinates):
    first, second = centre(coordinates), centre(coordinates)
    second[3] = 0.9
    points = around(coordinates, np.stack([first, second]), np.full(5, 1e-9), 10, rng())
    assert points[::2, 3] == pytest.approx([0.5] * 5, abs=1e-6)
    assert points[1::2, 3] == pytest.approx([0.9] * 5, abs=1e-6)


def test_neighbours_are_every_other_category_and_the_next_steps(coordinates):
    at = centre(coordinates)
    configs = [coordinates.to_config(point) for point in neighbours(coordinates, at, rng())]
    assert sorted(c["c"] for c in configs if c["c"] != "b") == ["a", "c", "d"]
    assert sorted(c["i"] for c in configs if c["i"] != 5) == [4, 6]
    assert len(configs) == 5
    assert all(c["x"] == pytest.approx(0.5) for c in configs)
    edge = at.copy()
    edge[1] = coordinates.lattices[1][0]
    at_edge = [coordinates.to_config(point) for point in neighbours(coordinates, edge, rng())]
    assert len(at_edge) == 4 and sorted({c["i"] for c in at_edge}) == [1, 2]


def test_a_space_of_numbers_alone_has_no_neighbours():
    parameters = {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}}
    found = Coordinates(parse({"method": "random", "parameters": parameters}).space)
    assert neighbours(found, np.array([0.5, 0.5]), rng()).shape == (0, 2)


def test_of_a_long_list_of_texts_some_are_drawn():
    parameters = {"c": {"values": [f"v{i}" for i in range(500)]}}
    found = Coordinates(parse({"method": "random", "parameters": parameters}).space)
    near = neighbours(found, np.array([7.0]), rng())[:, 0]
    assert MAX_OPTIONS - 1 <= len(set(near)) <= MAX_OPTIONS and 7.0 not in near


def test_a_third_of_the_moves_are_of_all_coordinates(coordinates):
    at = centre(coordinates)
    points = around(coordinates, at[None], np.full(5, 0.1), 4000, rng())
    free = (np.abs(points - at) > 1e-12)[:, [1, 3, 4]]
    assert 0.3 < free.all(axis=1).mean() < 0.55
    assert (free.sum(axis=1) == 0).mean() < 0.35


def test_steps_behind_a_number_that_has_none_are_taken_too():
    parameters = {"a": {"min": 0.0, "max": 1.0}, "b": {"value": 1}, "c": {"min": 1, "max": 3}}
    found = Coordinates(parse({"method": "random", "parameters": parameters}).space)
    at = found.of_configs([{"a": 0.5, "b": 1, "c": 2}])[0]
    assert sorted(found.to_config(p)["c"] for p in neighbours(found, at, rng())) == [1, 3]


@pytest.mark.parametrize(("n", "expected"), [(64, 63), (65, 64)])
def test_a_list_is_cut_beyond_as_many_as_are_judged(n, expected):
    parameters = {"c": {"values": [f"v{i}" for i in range(n)]}}
    found = Coordinates(parse({"method": "random", "parameters": parameters}).space)
    n_near = {len(neighbours(found, np.array([7.0]), rng(seed))) for seed in range(200)}
    assert max(n_near) == expected
