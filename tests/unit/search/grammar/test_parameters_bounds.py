"""Where each bound of `parameters:` lies: the last that is taken, the first that is not."""

import math

import pytest

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.parameters import MAX_DEPTH, MAX_PARAMETERS
from sweepd.search.grammar.sweep_file import parse


def read(entry):
    return parse({"method": "random", "program": "t.py", "parameters": {"a": entry}})


def refused(entry):
    with pytest.raises(ConfigError) as caught:
        read(entry)
    return "; ".join(caught.value.problems)


def dist(kind, **more):
    return {"distribution": kind, **more}


@pytest.mark.parametrize(
    ("taken", "not_taken", "why"),
    [
        ({"min": 0, "max": 10**300}, {"min": 0, "max": 10**301}, "10^300"),
        ({"min": -(10**300), "max": 0}, {"min": -(10**301), "max": 0}, "10^300"),
        (dist("log_uniform", min=-700, max=700), dist("log_uniform", min=-701, max=0), "exponents"),
        (dist("log_uniform", min=0, max=699), dist("log_uniform", min=0, max=701), "exponents"),
        (
            dist("log_uniform_values", min=1e-300, max=1),
            dist("log_uniform_values", min=0, max=1),
            "above 0",
        ),
        (dist("normal", sigma=1e-9), dist("normal", sigma=0), "above 0"),
        (dist("log_normal", mu=0, sigma=98), dist("log_normal", mu=0, sigma=99), "at most 700"),
        (dist("log_normal", mu=-692, sigma=1), dist("log_normal", mu=-693, sigma=1), "700"),
        (dist("beta", a=0.1, b=0.1), dist("beta", a=0, b=1), "a and b above 0"),
        (dist("beta"), dist("beta", a=1, b=-1), "a and b above 0"),
        (dist("q_uniform", min=0, max=1, q=1e-9), dist("q_uniform", min=0, max=1, q=0), "above 0"),
        (
            dist("q_uniform", min=0, max=1, q=1e-300),
            dist("q_uniform", min=0, max=1, q=1e-301),
            "steps",
        ),
        (dist("q_normal", q=1e-299), dist("q_normal", q=1e-300, mu=1e3), "steps"),
        (dist("q_beta", q=1e-299), dist("q_beta", q=1e-301), "steps"),
        ({"min": -1e308, "max": 0.5}, {"min": -1e308, "max": 1e308}, "range that a number"),
        (dist("int_uniform", min=1.0, max=3), dist("int_uniform", min=1.5, max=3), "whole min"),
        (dist("uniform", min=1, max=2), dist("uniform", min=1), "min and max for uniform"),
        (dist("constant", value=None), dist("constant"), "a value for constant"),
        ({"values": [None]}, {"values": "ab"}, "a list with at least one"),
        (
            {"values": [1, 2], "probabilities": [1, 0]},
            {"values": [1, 2], "probabilities": [0, 0]},
            "a sum of 1",
        ),
        (
            {"values": [1, 2], "probabilities": [0.5, "5e-1"]},
            {"values": [1, 2], "probabilities": [1.1, -0.1]},
            "at least 0",
        ),
    ],
)
def test_bounds(taken, not_taken, why):
    assert read(taken).space.parameters[0].name == "a"
    assert why in refused(not_taken)


@pytest.mark.parametrize(
    ("chances", "warns"),
    [([0.5, 0.5], False), ([0.5, 0.5000005], False), ([0.5, 0.500002], True), ([1, 3], True)],
)
def test_probabilities_are_divided_by_their_sum(chances, warns):
    spec = read({"values": [1, 2], "probabilities": chances})
    assert any("divided by their sum" in warning for warning in spec.warnings) is warns
    found = spec.space.parameters[0].probabilities
    assert found == pytest.approx([c / sum(chances) for c in chances])
    assert math.fsum(found) == pytest.approx(1)


def test_exchanged_bounds_are_put_right_and_equal_ones_fix_the_value():
    swapped = read({"min": 5.0, "max": 1.0})
    assert (swapped.space.parameters[0].low, swapped.space.parameters[0].high) == (1.0, 5.0)
    assert "they are exchanged" in swapped.warnings[0]
    fixed = read({"min": 2.0, "max": 2.0})
    assert (fixed.space.parameters[0].kind, fixed.space.parameters[0].values) == (
        "constant",
        (2.0,),
    )
    assert "the value is fixed" in fixed.warnings[0]
    assert read({"min": 2, "max": 2}).space.parameters[0].kind == "int_uniform"
    stepped = read(dist("q_uniform", min=2.0, max=2.0, q=1)).space.parameters[0]
    assert (stepped.kind, stepped.choices[0]) == ("q_uniform", 2)


def test_defaults_of_what_is_not_said():
    normal = read(dist("normal")).space.parameters[0]
    assert (normal.mu, normal.sigma, normal.q) == (0.0, 1.0, None)
    assert read(dist("q_normal")).space.parameters[0].q == 1
    beta = read(dist("beta", a=2)).space.parameters[0]
    assert (beta.a, beta.b, beta.low, beta.high) == (2.0, 1.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("low", "high", "warns"), [(1, 2, True), (0, 2, False), (-1, 2, False), (-2, -1, False)]
)
def test_exponents_that_could_be_values_are_asked_about(low, high, warns):
    spec = read(dist("log_uniform", min=low, max=high))
    assert bool(spec.warnings) is warns
    found = spec.space.parameters[0]
    assert (found.low, found.high) == pytest.approx((math.exp(low), math.exp(high)))
    inverse = read(dist("inv_log_uniform", min=low, max=high)).space.parameters[0]
    assert (inverse.low, inverse.high) == pytest.approx((math.exp(-high), math.exp(-low)))


@pytest.mark.slow
def test_levels_and_numbers_of_parameters_end_where_they_say():
    def nested(n):
        entry = {"value": 1}
        for _ in range(n):
            entry = {"parameters": {"b": entry}}
        return entry

    assert read(nested(MAX_DEPTH)).space.parameters[0].name == ".".join(["a"] + ["b"] * MAX_DEPTH)
    assert f"nest at most {MAX_DEPTH} deep" in refused(nested(MAX_DEPTH + 1))
    many = {f"p{i}": {"value": 1} for i in range(MAX_PARAMETERS)}
    raw = {"method": "random", "program": "t.py", "parameters": many}
    assert len(parse(raw).space.parameters) == MAX_PARAMETERS
    many["one more"] = {"value": 1}
    with pytest.raises(ConfigError, match="at most 10,000 parameters"):
        parse(raw)


@pytest.mark.parametrize("name", ["a", "_x", "lr.max-1", "A_9"])
def test_names_that_any_tool_takes(name):
    raw = {"method": "random", "program": "t.py", "parameters": {name: {"value": 1}}}
    assert parse(raw).warnings == ()


@pytest.mark.parametrize("name", ["9a", "a b", "", "-x", 7])
def test_names_that_some_may_not_take(name):
    raw = {"method": "random", "program": "t.py", "parameters": {name: {"value": 1}}}
    assert "other tools may not accept it" in parse(raw).warnings[0]
