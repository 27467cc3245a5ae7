"""To the cube and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepd.search.grammar.sweep_file import parse
from sweepd.search.random_draws import sample


def make_space(parameters, **extras):
    raw = {"method": "random", "parameters": parameters, "sweepd": extras}
    return parse(raw).space


def test_numbers_beyond_changed_bounds_lie_beyond_the_cube_and_strangers_are_nan():
    space = make_space({"a": {"min": 0.0, "max": 1.0}, "b": {"values": ["x", "y"]}})
    assert space.encode({"a": 1.5, "b": "x"})[0] == 1.5
    assert np.isnan(space.encode({"a": "old", "b": "z"})).all()
    assert np.isnan(space.encode({})).all()


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
    assert config.keys() == back.keys() == parameters.keys()
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
