"""Configs as the model sees them: distances that mean likeness, and back again."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sweepd.search.coordinates import EDGE, MAX_LATTICE, Coordinates
from sweepd.search.grammar.sweep_file import parse


def make(parameters, **extras):
    raw = {"method": "random", "parameters": parameters, "sweepd": extras}
    return Coordinates(parse(raw).space)


MIXED = {
    "b": {"values": [64, 16, 32]},
    "c": {"values": ["x", "y", 3]},
    "i": {"min": 1, "max": 4},
    "l": {"distribution": "log_uniform_values", "min": 0.01, "max": 1},
    "n": {"distribution": "normal", "mu": 1, "sigma": 2},
    "q": {"distribution": "q_uniform", "min": 0, "max": 1, "q": 0.25},
    "v": {"distribution": "beta", "a": 2, "b": 5},
    "w": {"min": 0, "max": MAX_LATTICE},
}


def test_which_dimensions_are_categories_steps_and_free():
    found = make(MIXED)
    assert found.is_category.tolist() == [False, True, False, False, False, False, False, False]
    assert found.is_free.tolist() == [False, False, False, True, True, False, True, True]
    assert [None if g is None else len(g) for g in found.lattices] == [3, 3, 4] + [None] * 2 + [
        5,
        None,
        None,
    ]
    assert make({"w": {"min": 1, "max": MAX_LATTICE}}).is_free.tolist() == [False]
    many = {"values": list(range(MAX_LATTICE + 1))}
    assert make({"w": many}).is_free.tolist() == [False], "what is listed stays listed"


def test_listed_numbers_lie_evenly_in_their_order_and_words_by_number():
    found = make(MIXED)
    points = found.of_configs(
        [
            {"b": b, "c": c, "i": 1, "l": 0.1, "n": 1.0, "q": 0, "v": 0.2, "w": 0}
            for b, c in ((16, "x"), (32, "y"), (64, 3))
        ]
    )
    assert points[:, 0] == pytest.approx([1 / 6, 3 / 6, 5 / 6])
    assert points[:, 1].tolist() == [0, 1, 2]


def test_numbers_lie_by_their_quantile_normal_and_beta_ones_by_their_value():
    found = make(MIXED)
    base = {"b": 16, "c": "x", "i": 1, "q": 0, "w": 0}
    rows = [base | {"l": x, "n": n, "v": v} for x, n, v in ((0.1, 1.0, 0.2), (1, 3.0, 0.5))]
    points = found.of_configs(rows)
    assert points[:, 3] == pytest.approx([0.5, 1.0])
    z = stats.norm.ppf(1 - EDGE)
    assert points[:, 4] == pytest.approx([0.5, 0.5 + 1 / (2 * z)])
    low, high = stats.beta(2, 5).ppf([EDGE, 1 - EDGE])
    assert points[:, 6] == pytest.approx([(v - low) / (high - low) for v in (0.2, 0.5)])
    far = found.of_configs([base | {"l": 1, "n": 1e9, "v": 0.5}])
    assert far[0, 4] == pytest.approx(1.0), "ends are not stretched without bound"
    assert np.isnan(found.of_configs([base | {"l": 1, "n": "x", "v": 0.5}])[0, 4])


@pytest.mark.slow
@given(st.integers(0, 2**32))
def test_every_config_has_a_point_that_leads_back_to_it(seed):
    found = make(MIXED)
    rng = np.random.default_rng(seed)
    configs = [found.space.decode(0.01 + 0.98 * rng.random(found.d)) for _ in range(5)]
    points = found.of_configs(configs)
    assert np.isfinite(points).all()
    assert found.snap(points) == pytest.approx(points, abs=1e-9)
    for config, point in zip(configs, points, strict=True):
        back = found.to_config(point)
        for name, value in config.items():
            if isinstance(value, float) and name != "q":
                assert back[name] == pytest.approx(value, rel=1e-5, abs=1e-6)
            else:
                assert back[name] == value, name


@given(st.integers(0, 2**32))
def test_points_of_the_cube_are_points_that_configs_have(seed):
    found = make(MIXED)
    cube = np.random.default_rng(seed).random((40, found.d))
    points = found.from_cube(cube)
    again = found.of_configs([found.to_config(point) for point in points])
    listed = ~found.is_free
    assert again[:, listed] == pytest.approx(points[:, listed])
    assert again[:, :7] == pytest.approx(points[:, :7], abs=1e-6)
    free = points[:, found.is_free]
    assert free.min() >= -1e-12 and free.max() <= 1 + 1e-12


def test_the_cube_fills_every_place_alike():
    found = make(MIXED)
    cube = np.tile(np.linspace(0, 1, 600, endpoint=False)[:, None], (1, found.d))
    points = found.from_cube(cube)
    for j in (0, 1, 2, 5):
        _, counts = np.unique(points[:, j], return_counts=True)
        assert (counts == 600 / len(found.lattices[j])).all()


def test_snapping_takes_the_nearest_place_within_the_bounds():
    found = make({"i": {"min": 1, "max": 4}, "x": {"min": 0.0, "max": 1.0}, "c": {"values": ["a"]}})
    lattice = found.lattices[1]
    points = np.array([[0.0, p, x] for p, x in ((-9.0, -1.0), (0.3, 0.4), (9.0, 2.0))])
    snapped = found.snap(points)
    nearest = lattice[np.argmin(np.abs(lattice - 0.3))]
    assert snapped[:, 1].tolist() == [lattice[0], nearest, lattice[-1]]
    assert snapped[:, 2].tolist() == [0.0, 0.4, 1.0]
    assert snapped[:, 0].tolist() == [0.0] * 3
    middle = (lattice[0] + lattice[1]) / 2
    assert found.snap(np.array([[0.0, middle + 1e-9, 0.0]]))[0, 1] == lattice[1]
    assert found.snap(np.array([[0.0, middle - 1e-9, 0.0]]))[0, 1] == lattice[0]


def test_all_points_of_a_finite_space_are_all_its_configs():
    found = make(
        {"a": {"values": [3, 1, 2]}, "b": {"values": ["x", "y"]}, "c": {"min": 1, "max": 2}}
    )
    configs = [found.to_config(point) for point in found.all_points()]
    assert len({found.space.key(config) for config in configs}) == len(configs) == 12


TIED = {"a": {"values": [1, 2, 3]}, "b": {"values": ["x", "y", "z"]}}


def test_tied_ones_are_one_category():
    found = make(TIED, zip=[["a", "b"]])
    assert found.is_category.tolist() == [True]
    points = found.of_configs([{"a": 3, "b": "z"}, {"a": 1, "b": "x"}, {"a": 1, "b": "z"}])
    assert points[:2, 0].tolist() == [2.0, 0.0] and math.isnan(points[2, 0])
    assert found.to_config(np.array([1.0])) == {"a": 2, "b": "y"}


def test_what_a_condition_leaves_out_has_a_place_of_its_own():
    found = make(
        {
            "a": {"values": [0, 1]},
            "k": {"values": ["x", "y", "z"]},
            "m": {"values": [1, 2, 3]},
            "x": {"min": 0.0, "max": 1.0},
        },
        when={"k": "a == 1", "m": "a == 1", "x": "a == 1"},
    )
    points = found.of_configs([{"a": 0}, {"a": 1, "k": "y", "m": 2, "x": 0.5}])
    assert points[0, 1:].tolist() == [-1.0, 0.5, 0.5]
    assert points[1, 1:] == pytest.approx([1.0, 0.5, 0.5]), "y is there, and in the middle"


def test_weights_do_not_move_the_places_of_a_list():
    entry = {"values": [1, 2, 4], "probabilities": [0.8, 0.1, 0.1]}
    points = make({"a": entry}).of_configs([{"a": v} for v in (1, 2, 4, 9)])
    assert points[:3, 0] == pytest.approx([1 / 6, 3 / 6, 5 / 6]) and math.isnan(points[3, 0])


def test_steps_behind_a_list_of_one_are_snapped_too():
    found = make({"a": {"values": [5]}, "i": {"min": 1, "max": 4}, "x": {"min": 0.0, "max": 1.0}})
    points = np.array([[0.3, 0.26, 0.7], [0.9, 0.99, 2.0], [0.0, -3.0, -0.5]])
    snapped = found.snap(points)
    for j, lattice in enumerate(found.lattices[:2]):
        assert set(snapped[:, j].tolist()) <= set(lattice.tolist())
    assert snapped[:, 2].tolist() == [0.7, 1.0, 0.0]
    assert snapped[1:, 1].tolist() == [found.lattices[1][-1], found.lattices[1][0]]


def test_what_conditions_leave_out_of_a_config_has_no_place_of_its_own():
    """Conditions that read a list, a number, a constant, another condition's parameter, a tie."""
    unit = {"min": 0.0, "max": 1.0}
    parameters = {
        "kind": {"values": ["a", "b", "c"]},
        "size": {"values": [1, 2, 3]},
        "mode": {"value": "on"},
        "depth": {"min": 1, "max": 3},
        "x": unit,
        "of_kind": unit,
        "of_number": {"values": ["u", "v"]},
        "of_constant": unit,
        "of_other": {"distribution": "normal", "mu": 0, "sigma": 1},
        "of_tie": unit,
        "left": {"values": [1, 2]},
        "right": {"values": ["s", "t"]},
    }
    when = {
        "of_kind": {"kind": "a"},
        "of_number": "x > 0.5 and depth >= 2",
        "of_constant": {"mode": "off"},
        "of_other": "of_number == 'u'",
        "of_tie": "right == 't'",
        "left": "kind != 'c'",
        "right": "kind != 'c'",
    }
    found = make(parameters, when=when, zip=[["left", "right"]])
    points = found.from_cube(np.random.default_rng(0).random((300, found.d)))
    kept = points.copy()
    judged = found.without_idle(points)
    expected = found.of_configs([found.to_config(point) for point in kept])
    assert judged == pytest.approx(expected, abs=1e-9)
    assert not np.array_equal(judged, kept)
    plain = make({"x": unit})
    assert plain.without_idle(np.array([[0.3]])).tolist() == [[0.3]]
