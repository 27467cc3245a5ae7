"""Configs from elsewhere: those the space can give fit, any other is told why not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepd.search.fitting import Misfit, misfit
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.random_draws import sample
from tests.unit.search.test_coordinates import entries

WHOLE = {"min": 1, "max": 10}
UNIFORM = {"min": 0.1, "max": 0.5}
LOG = {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1}
STEPS = {"distribution": "q_uniform", "min": 0, "max": 1, "q": 0.1}
EIGHTS = {"distribution": "q_uniform", "min": 16, "max": 64, "q": 8}
Q_LOG = {"distribution": "q_log_uniform_values", "min": 8, "max": 256, "q": 8}
TEXTS = {"values": ["adam", "sgd"]}
MIXED = {"values": [1, 2.5, True, None, [1, 2], {"a": 1}]}
WEIGHED = {"values": ["a", "b"], "probabilities": [1.0, 0.0]}


def space_of(parameters, **extras):
    return parse({"method": "random", "parameters": parameters, "sweepd": extras}).space


@pytest.mark.parametrize(
    ("parameter", "fits", "others"),
    [
        (WHOLE, [1, 10, 3.0], [(0, "is outside 1 to 10"), (2**64, "is outside 1 to 10")]),
        (WHOLE, [], [(3.5, "is no whole number"), (True, "is no number"), ("3", "is no number")]),
        (
            WHOLE,
            [],
            [(None, "is no number"), (float("nan"), "is no number"), ([3], "is no number")],
        ),
        (UNIFORM, [0.1, 0.5, 0.3], [(0.51, "is outside 0.1 to 0.5"), ("0.3", "is no number")]),
        (UNIFORM, [0.1 + 1e-12], [(10**400, "is no number"), (1e308, "is outside 0.1 to 0.5")]),
        (LOG, [1e-5, 0.1, 3e-4], [(0, "is outside 1e-05 to 0.1"), (-1, "is outside 1e-05 to 0.1")]),
        (STEPS, [0, 0.1, 0.3, 0.1 * 3, 1], [(0.35, "is no multiple of 0.1")]),
        (STEPS, [], [(1.1, "is outside 0.0 to 1.0"), (-0.1, "is outside 0.0 to 1.0")]),
        (EIGHTS, [16, 24.0, 64], [(17, "is no multiple of 8"), (72, "is outside 16 to 64")]),
        (Q_LOG, [8, 256, 16.0], [(12, "is no multiple of 8"), (264, "is outside 8 to 256")]),
        (
            {"distribution": "normal", "mu": 0, "sigma": 1},
            [0, -9.5, 1e300],
            [("0", "is no number")],
        ),
        ({"distribution": "q_normal", "q": 0.5}, [0, -2.5], [(0.3, "is no multiple of 0.5")]),
        ({"distribution": "log_normal"}, [0.1, 1e9], [(-1, "is less than 0")]),
        ({"distribution": "beta", "a": 2, "b": 5}, [0.1, 1], [(1.5, "is outside 0.0 to 1.0")]),
        (
            {"distribution": "q_beta", "a": 2, "b": 5, "q": 0.1},
            [0.1],
            [(0.15, "is no multiple of 0.1")],
        ),
        (TEXTS, ["adam"], [("rmsprop", "is none of its values"), (1, "is none of its values")]),
        (MIXED, [1.0, 2.5, True, None, [1, 2], {"a": 1, "b": 2}], [("1", "is none of its values")]),
        (MIXED, [], [(False, "is none of its values"), ([1], "is none of its values")]),
        (WEIGHED, ["a"], [("b", "is none of its values")]),
        ({"value": 5}, [5, 5.0], [(6, "is not 5"), ("5", "is not 5")]),
    ],
    ids=str,
)
def test_value_of_each_distribution_fits_or_is_told_why_not(parameter, fits, others):
    space = space_of({"x": parameter, "z": {"min": 0, "max": 1}})
    for value in fits:
        assert misfit(space, {"x": value, "z": 0}) is None, value
    for value, why in others:
        found = misfit(space, {"x": value, "z": 0})
        assert found is not None and found.reason == f"x {why}", value


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), entries, min_size=1), st.integers(0, 99))
def test_whatever_a_space_draws_fits_it(parameters, seed):
    space = space_of(parameters)
    assert misfit(space, sample(space, np.random.default_rng(seed))) is None


def test_nested_parameters_are_named_by_their_path():
    nested = {"net": {"parameters": {"width": WHOLE, "kind": TEXTS}}}
    space = space_of(nested)
    assert misfit(space, {"net": {"width": 3, "kind": "sgd", "more": 1}}) is None
    assert misfit(space, {"net": {"width": 30, "kind": "sgd"}}) == Misfit(
        "net.width is outside 1 to 10", "30"
    )
    assert misfit(space, {"net.width": 3, "net": 7}) == Misfit(
        "without a value for net.kind, net.width"
    )


def test_conditions_say_what_is_needed_and_what_is_not_looked_at():
    space = space_of({"opt": TEXTS, "momentum": UNIFORM}, when={"momentum": "opt == 'sgd'"})
    assert misfit(space, {"opt": "adam"}) is None
    assert misfit(space, {"opt": "adam", "momentum": "none"}) is None
    assert space.project({"opt": "adam", "momentum": 0.9}) == {"opt": "adam"}
    assert misfit(space, {"opt": "sgd"}) == Misfit("without a value for momentum")
    assert misfit(space, {"opt": "sgd", "momentum": 0.9}) == Misfit(
        "momentum is outside 0.1 to 0.5", "0.9"
    )


def test_zips_and_constraints_are_kept():
    two = {"w": {"values": [1, 2]}, "d": {"values": [10, 20]}}
    space = space_of(two, zip=[["w", "d"]])
    assert misfit(space, {"w": 2, "d": 20}) is None
    found = misfit(space, {"w": 2, "d": 10})
    assert found is not None and found.reason.endswith("do not go together under `zip`")
    space = space_of(two, constraints=["w * d <= 30"])
    assert misfit(space, {"w": 2, "d": 10}) is None
    assert misfit(space, {"w": 2, "d": 20}) == Misfit("breaks the constraint w * d <= 30")
