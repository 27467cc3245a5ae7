"""Values and their places: lists, steps, bounds, scales; beyond what quantiles alone tell."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepd.search.grammar.sweep_file import parse
from sweepd.search.parameter import Parameter
from sweepd.search.quantise import Multiples, quantise, size_of


def make(entry):
    return parse({"method": "random", "parameters": {"a": entry}}).space.parameters[0]


LISTED = {"values": [3, "x", 3.0, None, {"k": 1}, True]}


def test_listed_values_are_drawn_as_often_as_they_stand_there():
    parameter = make(LISTED)
    values = [parameter.value((i + 0.5) / 60) for i in range(60)]
    assert [str(v) for v in values[::10]] == ["3", "x", "3.0", "None", "{'k': 1}", "True"]
    assert parameter.value(1.0) is True and parameter.value(0.0) == 3
    assert parameter.distinct == (3, "x", None, {"k": 1}, True)
    assert parameter.choices == parameter.distinct


def test_places_of_listed_values():
    parameter = make(LISTED)
    assert [parameter.index(v) for v in (3.0, "x", None, {"k": 1}, True)] == [0, 1, 2, 3, 4]
    assert parameter.index({"k": 1, "more": 2}) == 3
    assert [parameter.index(v) for v in (1, "3", {"k": 2}, [3])] == [None] * 4
    assert parameter.middles == pytest.approx([0.5 / 6, 1.5 / 6, 3.5 / 6, 4.5 / 6, 5.5 / 6])
    assert parameter.unit("x") == pytest.approx(0.25)
    assert math.isnan(parameter.unit("y"))


def test_weighted_values_are_drawn_by_their_weights_and_lie_in_the_middle_of_them():
    parameter = make({"values": ["a", "b", "c", "d"], "probabilities": [0.5, 0.25, 0.25, 0]})
    counts = [parameter.value(u) for u in np.linspace(0, 1, 400, endpoint=False)]
    assert [counts.count(v) for v in "abcd"] == [200, 100, 100, 0]
    assert parameter.value(1.0) == "c", "not d, which has no chance"
    assert parameter.middles == pytest.approx([0.25, 0.625, 0.875])
    assert [parameter.value(u) for u in parameter.middles] == ["a", "b", "c"]
    assert parameter.index("d") is None and math.isnan(parameter.unit("d"))


@pytest.mark.parametrize(
    ("entry", "value", "index"),
    [
        ({"min": 3, "max": 6}, 3, 0),
        ({"min": 3, "max": 6}, 6.0, 3),
        ({"min": 3, "max": 6}, 7, None),
        ({"min": 3, "max": 6}, 2, None),
        ({"min": 3, "max": 6}, 4.5, None),
        ({"min": 3, "max": 6}, "4", None),
        ({"min": 0, "max": 10**25}, 10**25, 10**25),
        ({"distribution": "q_uniform", "min": 1, "max": 2, "q": 0.25}, 1.5, 2),
        ({"distribution": "q_uniform", "min": 1, "max": 2, "q": 0.25}, 2.25, None),
        ({"distribution": "q_uniform", "min": 1, "max": 2, "q": 0.25}, 1.51, None),
        ({"distribution": "q_uniform", "min": 1, "max": 2, "q": 0.1}, 0.1 * 13, 3),
        ({"distribution": "q_uniform", "min": 1, "max": 2, "q": 0.1}, math.nan, None),
        ({"min": 0.0, "max": 1.0}, 0.5, None),
        ({"distribution": "q_normal", "q": 1}, 3, None),
    ],
)
def test_places_of_numbers(entry, value, index):
    assert make(entry).index(value) == index


ENTRIES = [
    {"min": -3, "max": 9},
    {"min": -1.0, "max": 3.0},
    {"distribution": "q_uniform", "min": 0, "max": 1, "q": 0.3},
    {"distribution": "q_uniform", "min": 1, "max": 9, "q": 2},
    {"distribution": "log_uniform_values", "min": 0.01, "max": 10},
    {"distribution": "q_log_uniform_values", "min": 1, "max": 100, "q": 3},
    {"distribution": "normal", "mu": 1, "sigma": 2},
    {"distribution": "q_beta", "a": 2, "b": 3, "q": 0.2},
]
ODD = [0, 0.0, -5, 1e9, -1e9, 3.5, True, None, "1", math.nan, math.inf, [1], 10**400]


@pytest.mark.parametrize("entry", ENTRIES)
def test_many_values_have_the_places_each_has_by_itself(entry):
    parameter = make(entry)
    values = [parameter.value(u) for u in np.linspace(0, 1, 23)] + ODD
    expected = [parameter.unit(value) for value in values]
    assert parameter.units(values) == pytest.approx(expected, nan_ok=True)
    numbers = [v for v in values if v != v or (type(v) in (int, float) and abs(v) < 1e300)]
    expected = [parameter.unit(value) for value in numbers]
    assert parameter.units(numbers) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("entry", ENTRIES)
@given(u=st.integers(0, 2**53).map(lambda i: i / 2**53))
def test_values_lie_within_half_a_step_of_the_bounds_and_grow_with_u(entry, u):
    parameter = make(entry)
    value = parameter.value(u)
    half = (parameter.q or 0) / 2
    if "normal" not in parameter.kind:
        assert parameter.low - half <= value <= parameter.high + half
    assert parameter.value(min(1.0, u + 0.1)) >= value
    if parameter.choices is not None:
        assert parameter.choices[parameter.index(value)] == pytest.approx(value)


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_ends_have_values_too(entry):
    parameter = make(entry)
    if parameter.choices is not None:
        assert parameter.value(0.0) == pytest.approx(parameter.choices[0])
        n = len(parameter.choices)
        assert parameter.value(1.0) == pytest.approx(parameter.choices[n - 1])
        assert len({parameter.value(u) for u in np.linspace(0, 1, 500)}) == n
    assert all(math.isfinite(parameter.value(u)) for u in (0.0, 1.0))


def test_numbers_beyond_the_bounds_lie_beyond_the_unit():
    assert make({"min": 0.0, "max": 2.0}).unit(3.0) == 1.5
    assert make({"min": 0, "max": 3}).unit(4) == pytest.approx(1.125)
    stepped = make({"distribution": "q_uniform", "min": 0.0, "max": 2.0, "q": 0.8})
    assert [stepped.unit(x) for x in (-0.4, 0.0, 2.4)] == [0.0, 0.0, 1.0], "a step over the edge"
    assert stepped.unit(2.5) == 1.25 and stepped.unit(-0.5) == -0.25
    log = make({"distribution": "log_uniform_values", "min": 1, "max": 100})
    assert log.unit(1000) == pytest.approx(1.5) and math.isnan(log.unit(0))
    assert math.isnan(log.units([0.0, -1.0]).sum())
    stepped_log = make({"distribution": "q_log_uniform_values", "min": 1, "max": 100, "q": 5})
    assert stepped_log.unit(0) == 0.0
    assert make({"distribution": "log_normal"}).unit(-1.0) == 0.0


@pytest.mark.parametrize(
    ("entry", "scale"),
    [
        ({"min": 0.0, "max": 1.0}, "linear"),
        ({"min": 1, "max": 5}, "linear"),
        ({"distribution": "log_uniform_values", "min": 1, "max": 10}, "log"),
        ({"distribution": "q_log_normal", "q": 1}, "log"),
        ({"distribution": "normal"}, "linear"),
        ({"values": [16, 32, 64]}, "log"),
        ({"values": [64, 16, 32]}, "log"),
        ({"values": [1, 2]}, "linear"),
        ({"values": [1, 2, 3]}, "linear"),
        ({"values": [1, 2, 4]}, "log"),
        ({"values": [1, 2, 3.9]}, "linear"),
        ({"values": [0, 10, 100, 1000]}, "linear"),
        ({"values": [-1, -10, -100]}, "linear"),
        ({"values": [1, 4, 5, 6, 7, 8]}, "linear"),
        ({"values": [1, "a"]}, "categorical"),
        ({"values": [True, False]}, "categorical"),
        ({"value": 5}, "linear"),
        ({"value": "x"}, "categorical"),
    ],
)
def test_an_axis_is_drawn_as_its_values_lie(entry, scale):
    assert make(entry).scale == scale


@pytest.mark.parametrize("n", [1, 3, 2**53, 2**53 + 1, 10**30])
def test_integers_of_any_range_use_all_of_it(n):
    parameter = make({"min": 5, "max": 5 + n - 1})
    assert parameter.value(0.0) >= 5 and parameter.value(1.0) <= 5 + n - 1
    values = [parameter.value(u) for u in np.linspace(0, 1, 1001)]
    assert values == sorted(values)
    assert values[500] == pytest.approx(5 + n // 2, rel=1e-2)
    if n > 2**53:
        assert len({v % 2 for v in values}) == 2, "also the digits below those of u"


def test_multiples_are_made_when_asked_for():
    found = Multiples(0.5, -2, 3)
    assert list(found) == [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5] and found.size == len(found) == 6
    for outside in (-1, 6):
        with pytest.raises(IndexError):
            found[outside]
    assert size_of(Multiples(1, 0, 10**30)) == 10**30 + 1
    assert [size_of(r) for r in (range(3, 7), range(7, 3), (1, 2))] == [4, 0, 2]


@given(st.floats(-1e6, 1e6), st.sampled_from([1, 2, 5, 0.1, 0.25, 3.0]))
def test_a_quantised_number_is_the_nearest_multiple(x, q):
    found = quantise(x, q)
    assert abs(found - x) <= q / 2 * (1 + 1e-9)
    assert found == np.round(x / q) * q


def test_a_sigma_of_nothing_has_one_place():
    assert Parameter(path=("a",), kind="normal", mu=1.0, sigma=0.0).unit(5.0) == 0.5
