"""A constraint that few points meet: configs come all the same, or the reason why none can."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepd.search.errors import NoFeasibleConfig
from sweepd.search.expression import parse_expression
from sweepd.search.feasible import Feasible
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose
from sweepd.search.shortfall import Shortfall

UNIT = {"min": 0.0, "max": 1.0}
WIDE = {"min": 1, "max": 10**6}
TEXTS = {"values": [f"v{i}" for i in range(80)]}
LOG = {"distribution": "log_uniform_values", "min": 1e-6, "max": 1.0}
EIGHT = {f"p{i}": {"min": 1, "max": 50} for i in range(8)}

RARE = {
    "cells of a large grid": (EIGHT, ["p0 * 50 + p1 == 2500", "p6 * 50 + p7 == 51"]),
    "first and last name": (EIGHT, ["p0 * 50 + p7 == 2500"]),
    "a thin diagonal": ({"x": UNIT, "y": UNIT, "z": UNIT}, ["abs(x - y) < 1e-5"]),
    "equal numbers": ({"x": UNIT, "y": UNIT}, ["x == y"]),
    "shares of one": ({"x": UNIT, "y": UNIT, "z": UNIT}, ["abs(x + y + z - 1) < 1e-6"]),
    "a curve": ({"x": UNIT, "y": UNIT}, ["abs(x * x + y * y - 1) < 1e-7"]),
    "a product on log scales": ({"x": LOG, "y": LOG}, ["abs(x * y - 1e-6) < 1e-11"]),
    "a corner": ({"x": UNIT, "y": UNIT}, ["not (x > 1e-4 or y > 1e-4)"]),
    "the tail of a normal": (
        {"x": {"distribution": "normal", "mu": 0.0, "sigma": 1.0}, "y": UNIT},
        ["abs(x - 3.5) < 1e-3"],
    ),
    "equal texts": ({"a": TEXTS, "b": TEXTS, "c": UNIT}, ["a == b", "c < 1e-4"]),
    "large whole numbers": ({"x": WIDE, "y": WIDE}, ["y == 2 * x"]),
    "either of two": ({"x": UNIT, "y": UNIT}, ["abs(x - 0.2) < 1e-6 or abs(y - 0.7) < 1e-6"]),
}


def spec_of(parameters, constraints, method="bayes", **extras):
    return parse(
        {
            "method": method,
            "metric": {"name": "loss"},
            "parameters": parameters,
            "sweepd": {"constraints": constraints, **extras},
        }
    )


def total(config):
    return sum(value for value in config.values() if not isinstance(value, str))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["random", "sobol", "bayes"])
@pytest.mark.parametrize("name", RARE)
def test_every_method_hands_out_configs_that_few_points_meet(name, method):
    extras = {"sampler": method} if method == "sobol" else {}
    spec = spec_of(*RARE[name], "bayes" if extras else method, **extras)
    ended = []
    for _ in range(6):
        (config,) = propose(spec, ended, [], 1, 5)
        assert spec.space.is_feasible(config)
        ended.append(Observation(config, float(total(config))))
    assert len({spec.space.key(run.config) for run in ended}) == 6


@pytest.mark.slow
@pytest.mark.parametrize("method", ["random", "sobol", "bayes"])
@pytest.mark.parametrize(
    ("parameters", "rule"),
    [(EIGHT, "p0 < 0"), ({"x": UNIT}, "x > 2"), ({"x": WIDE, "y": UNIT}, "x * x < 0")],
    ids=str,
)
def test_what_nothing_meets_is_named_with_what_to_change(parameters, rule, method):
    extras = {"sampler": method} if method == "sobol" else {}
    spec = spec_of(parameters, [rule], "bayes" if extras else method, **extras)
    with pytest.raises(NoFeasibleConfig, match="loosen the constraints") as caught:
        propose(spec, [], [], 1, 0)
    assert repr(rule) in str(caught.value)


@pytest.mark.slow
def test_the_model_is_followed_along_a_thin_diagonal():
    spec = spec_of({"x": UNIT, "y": UNIT}, ["abs(x - y) < 1e-5"])
    ended = []
    for _ in range(16):
        (config,) = propose(spec, ended, [], 1, 2)
        ended.append(Observation(config, (config["x"] - 0.3) ** 2 + (config["y"] - 0.7) ** 2))
    assert min(run.objective for run in ended) < 0.0801  # 0.08 is the least there is


def test_draws_are_spread_over_what_is_allowed():
    space = spec_of({"x": UNIT, "y": UNIT}, ["x < 1e-3", "abs(y - 0.5) < 1e-3"]).space
    rng = np.random.default_rng(0)
    found = [Feasible(space).near(rng.random(2), rng) for _ in range(40)]
    for name, low, high in (("x", 0.0, 1e-3), ("y", 0.499, 0.501)):
        shares = sorted((config[name] - low) / (high - low) for config in found)
        assert shares[0] < 0.2 and shares[-1] > 0.8
        assert 0.3 < shares[20] < 0.7


numbers = st.sampled_from([0, 1, -1, 2.5, 10**9, 1e300, True, "x", None, [1, 2]])
terms = st.sampled_from(["a", "b", "a + b", "abs(a)", "1 / a", "a * b", "3", "[1, 2.5]"])
signs = st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "in", "is"])
tests = st.tuples(terms, signs, terms).map(" ".join)
rules = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda t: f"({t[0]}) {t[1]} ({t[2]})"
        ),
        inner.map(lambda rule: f"not ({rule})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]}) if ({t[1]}) else ({t[2]})"),
    ),
    max_leaves=5,
)


@pytest.mark.slow
@given(rules, numbers, numbers)
@settings(max_examples=300, deadline=None)
def test_the_shortfall_is_nothing_exactly_where_the_rule_holds(source, a, b):
    rule = parse_expression(source)
    values = {"a": a, "b": b}
    found = Shortfall(rule)(values)
    assert math.isfinite(found)
    assert (found == 0) == rule.holds(values)
