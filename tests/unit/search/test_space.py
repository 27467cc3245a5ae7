"""Spaces: quantiles against SciPy, quantisation, keys, encoding and back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sweepd.search.grammar.sweep_file import parse
from sweepd.search.quantise import quantise
from sweepd.search.random_draws import sample

LN = math.log


def make_space(parameters, **extras):
    raw = {"method": "random", "parameters": parameters, "sweepd": extras}
    return parse(raw).space


ORACLES = [
    ({"min": -1.0, "max": 3.0}, stats.uniform(-1, 4)),
    ({"distribution": "log_uniform_values", "min": 1e-4, "max": 10}, stats.loguniform(1e-4, 10)),
    ({"distribution": "log_uniform", "min": LN(1e-4), "max": LN(10)}, stats.loguniform(1e-4, 10)),
    (
        {"distribution": "inv_log_uniform_values", "min": 1e-2, "max": 10},
        stats.loguniform(0.01, 10),
    ),
    ({"distribution": "inv_log_uniform", "min": -LN(10), "max": LN(4)}, stats.loguniform(0.25, 10)),
    ({"distribution": "normal", "mu": 2, "sigma": 3}, stats.norm(2, 3)),
    ({"distribution": "log_normal", "mu": 1, "sigma": 0.5}, stats.lognorm(0.5, scale=math.e)),
    ({"distribution": "beta", "a": 2, "b": 5}, stats.beta(2, 5)),
]


@pytest.mark.parametrize(("entry", "oracle"), ORACLES)
def test_quantiles_agree_with_scipy(entry, oracle):
    parameter = make_space({"a": entry}).parameters[0]
    for u in (0.001, 0.1, 0.5, 0.77, 0.999):
        assert parameter.value(u) == pytest.approx(oracle.ppf(u), rel=1e-9)
        assert parameter.unit(parameter.value(u)) == pytest.approx(u, abs=1e-9)


@pytest.mark.parametrize("kind", ["uniform", "log_uniform_values", "normal", "log_normal", "beta"])
def test_quantised_kinds_round_half_to_even(kind):
    bounds = {"uniform": (0.0, 10.0), "log_uniform_values": (1, 100)}.get(kind)
    base = {"min": bounds[0], "max": bounds[1]} if bounds else {}
    q = 0.25 if kind == "beta" else 2
    plain = make_space({"a": {"distribution": kind, **base}}).parameters[0]
    stepped = make_space({"a": {"distribution": "q_" + kind, "q": q, **base}}).parameters[0]
    for u in np.linspace(0.01, 0.99, 50):
        expected = np.round(plain.value(u) / q) * q
        assert stepped.value(u) == expected
        assert type(stepped.value(u)) is (int if q == 2 else float)
        assert stepped.value(stepped.unit(stepped.value(u))) == stepped.value(u)


def test_quantisation_is_half_to_even_and_keeps_whole_numbers():
    assert [quantise(x, 2) for x in (1, 3, 5)] == [0, 4, 4]
    assert type(quantise(3.2, 1)) is int and type(quantise(3.2, 1.0)) is float


def test_integers_reach_both_ends_equally():
    parameter = make_space({"a": {"min": 3, "max": 6}}).parameters[0]
    values = [parameter.value(u) for u in np.linspace(0, 0.9999, 4000)]
    assert [values.count(v) for v in (3, 4, 5, 6)] == [1000] * 4


def test_probabilities_pick_the_first_cumulative_beyond_u():
    entry = {"values": ["a", "b", "c"], "probabilities": [0.2, 0, 0.8]}
    parameter = make_space({"a": entry}).parameters[0]
    assert [parameter.value(u) for u in (0, 0.19, 0.2, 0.99)] == ["a", "a", "c", "c"]
    assert parameter.choices == ("a", "c")


def test_keys_compare_by_content():
    space = make_space(
        {"a": {"values": [1, 3]}, "n": {"parameters": {"k": {"min": 0.0, "max": 9}}}}
    )
    key = space.key({"a": 3, "n": {"k": 2}})
    assert len(key) == 20
    assert key == space.key({"n": {"k": 2.0}, "a": 3.0, "added": "by the script"})
    assert key != space.key({"a": 1, "n": {"k": 2}})
    assert key != space.key({"a": 3})
    flags = make_space({"a": {"values": [1, True]}})
    assert flags.key({"a": 1}) != flags.key({"a": True})


def test_keys_ignore_what_a_script_adds_to_an_object():
    space = make_space({"a": {"values": [{"k": 1}, {"k": 2}]}})
    assert space.key({"a": {"k": 1, "more": 5}}) == space.key({"a": {"k": 1.0}})


def test_keys_stay_the_same_between_releases():
    space = make_space({"a": {"values": [1, 3]}, "b": {"min": 0.0, "max": 1}})
    assert space.key({"a": 1, "b": 0.5}) == "297aab82ffa7bdd3d731"


def test_conditions_leave_parameters_out_in_chains():
    space = make_space(
        {"a": {"values": [0, 1]}, "b": {"values": [0, 1]}, "c": {"values": [0, 1]}},
        when={"b": "a == 1", "c": "b == 1"},
    )
    assert space.nest([(0,), (1,), (1,)]) == {"a": 0}
    assert space.nest([(1,), (1,), (1,)]) == {"a": 1, "b": 1, "c": 1}
    assert space.encode({"a": 0})[1] == 0.5


def test_numbers_beyond_changed_bounds_lie_beyond_the_cube_and_strangers_are_nan():
    space = make_space({"a": {"min": 0.0, "max": 1.0}, "b": {"values": ["x", "y"]}})
    assert space.encode({"a": 1.5, "b": "x"})[0] == 1.5
    assert np.isnan(space.encode({"a": "old", "b": "z"})).all()
    assert np.isnan(space.encode({})).all()


def test_sizes():
    assert make_space({"a": {"min": 1, "max": 4}, "b": {"values": [1, 1, 2]}}).n_configs == 8
    assert make_space({"a": {"min": 1.0, "max": 4.0}}).n_configs is None
    assert make_space({"a": {"min": 1, "max": 10**12}}).n_configs == 10**12
    quantised = {"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.25}
    assert make_space({"a": quantised}).n_configs == 5


entries = st.one_of(
    st.tuples(st.integers(-50, 50), st.integers(0, 50)).map(
        lambda t: {"min": t[0], "max": t[0] + t[1]}
    ),
    st.tuples(st.floats(-50, 50), st.floats(0.1, 50)).map(
        lambda t: {"min": t[0], "max": t[0] + t[1]}
    ),
    st.tuples(st.floats(1e-3, 1), st.floats(1.5, 1e3)).map(
        lambda t: {"min": t[0], "max": t[0] * t[1], "distribution": "log_uniform_values"}
    ),
    st.tuples(st.integers(-5, 5), st.integers(1, 30), st.sampled_from([1, 2, 0.5, 0.1])).map(
        lambda t: {"min": t[0], "max": t[0] + t[1], "q": t[2], "distribution": "q_uniform"}
    ),
    st.lists(st.sampled_from(["a", "b", 1, 2.5, None, True, [1]]), min_size=1, max_size=5).map(
        lambda v: {"values": v}
    ),
    st.just({"distribution": "q_normal", "q": 0.5}),
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), entries, min_size=1), st.integers(0, 99))
def test_a_sample_survives_the_way_through_the_cube(parameters, seed):
    space = make_space(parameters)
    config = sample(space, np.random.default_rng(seed))
    back = space.decode(np.clip(space.encode(config), 0, 1))
    for name, value in config.items():
        if isinstance(value, float):
            assert back[name] == pytest.approx(value, rel=1e-6, abs=1e-6)
        else:
            assert back[name] == value
    q = {n: e.get("q", 0) for n, e in parameters.items()}
    for name, entry in parameters.items():
        if "min" in entry:
            assert entry["min"] - q[name] / 2 <= config[name] <= entry["max"] + q[name] / 2


@given(entries, st.lists(st.integers(-60, 60) | st.floats(-60, 60), min_size=1, max_size=8))
def test_many_values_are_placed_as_one_by_one(entry, values):
    parameter = make_space({"a": entry}).parameters[0]
    one_by_one = [parameter.unit(value) for value in values]
    assert parameter.units(values) == pytest.approx(one_by_one, rel=1e-9, abs=1e-9, nan_ok=True)
