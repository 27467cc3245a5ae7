"""What a sweep file asks for costs little, whatever it asks for."""

import itertools
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepd.search.budget import Budget
from sweepd.search.errors import ConfigError, ExpressionError, TooMuchWork
from sweepd.search.expression import parse_expression
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.grid import Grid
from sweepd.search.operators import BINARY, FUNCTIONS, MAX_BITS, Reading
from sweepd.search.random_draws import sample
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping import rules

EXTREME = [0, 1, -1, 10**9, -(10**9), 10**300, 2.5, -1e308, 1e-320, "x" * 9000, ["y"] * 9000, True]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("n", [1, 2])
def test_no_function_makes_more_than_it_may(name, n):
    for values in itertools.product(EXTREME, repeat=n):
        names = dict(zip("abc", values, strict=False))
        made(f"{name}({', '.join(names)})", names)


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "//", "%", "**"])
def test_no_operator_makes_more_than_it_may(sign):
    assert len(BINARY) == 7
    for a, b in itertools.product(EXTREME, repeat=2):
        made(f"a {sign} b {sign} a {sign} b", {"a": a, "b": b})


def made(source, values):
    """What an expression comes to; its size is asserted."""
    expression = parse_expression(source)
    try:
        found = expression._run(Reading(values))
    except (TooMuchWork, TypeError, ValueError, ArithmeticError):
        return
    if isinstance(found, int):
        assert found.bit_length() <= MAX_BITS
    elif isinstance(found, str | list):
        assert len(found) <= 10_000


leaves = st.sampled_from(["a", "b", "9999", "1e300", "-1000000000", "'x'", "[a, a]"])
nested = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "*", "**", "%", "in", "<"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, min_size=1, max_size=2)).map(
            lambda t: f"{t[0]}({', '.join(t[1])})"
        ),
    ),
    max_leaves=30,
)


@given(nested, st.sampled_from(EXTREME), st.sampled_from(EXTREME))
@settings(max_examples=60, deadline=None)
def test_no_nesting_makes_more_than_it_may(source, a, b):
    with suppress(ExpressionError):  # too long or too deep
        made(source, {"a": a, "b": b})


@pytest.mark.parametrize(
    "source",
    ["round(a, -1000000000) > 0", "a in b", "+".join(["b"] * 90) + " == b", "b == b"],
)
def test_what_costs_too_much_says_so(source):
    values = {"a": 1, "b": ["x"] * 500_000}
    with pytest.raises(TooMuchWork, match=r"use|compare"):
        parse_expression(source).holds(values)


@pytest.mark.parametrize("source", ["-" * 1900 + "a", "not " * 400 + "a", "9" * 1900 + " > a"])
def test_what_cannot_be_read_in_little_time_is_refused(source):
    with pytest.raises(ExpressionError):
        parse_expression(source)


def space_of(constraints, method="grid", n=8, **more):
    parameters = {f"p{i}": {"min": 0, "max": 99} for i in range(n)}
    raw = {"method": method, "parameters": parameters, "sweepd": {"constraints": constraints}}
    return parse({**raw, **more}).space


@pytest.mark.slow
def test_a_constraint_takes_all_below_the_prefix_that_breaks_it():
    rules_ = [f"p{i} == p{i + 1} + 1" for i in range(7)]
    grid = Grid(space_of(rules_))
    assert grid.size == 10**16
    assert grid.count() == 93
    found = list(grid.indexes())
    assert [grid.config(i)["p0"] for i in found] == list(range(7, 100))
    assert Grid(space_of(["p0 + p1 >= 197"])).count() == 3 * 10**12


@pytest.mark.slow
def test_a_grid_that_cannot_be_walked_ends_with_what_to_change():
    grid = Grid(space_of(["p0 * p1 * p2 * p3 * p4 * p5 * p6 * p7 == 99 ** 8 + 0.5"]))
    assert grid.count(at_most=2000) is None
    with pytest.raises(TooMuchWork, match="2,000 looks; loosen the constraints"):
        grid.next(0, Budget(2000, 60, "loosen the constraints"))


@pytest.mark.slow
def test_a_constraint_that_never_holds_ends_a_draw():
    import numpy as np

    space = parse(
        {
            "method": "random",
            "parameters": {"x": {"min": 0.0, "max": 1.0}},
            "sweepd": {"constraints": ["x > 2"]},
        }
    ).space
    with pytest.raises(Exception, match="none of 1000 random configs"):
        sample(space, np.random.default_rng(0))


@pytest.mark.parametrize("looks", [100, 1000])
def test_a_budget_of_time_ends_as_one_of_looks_does(looks):
    budget = Budget(looks, -1.0, "do less")
    with pytest.raises(TooMuchWork, match="do less"):
        for _ in range(looks):
            budget.spend()


Q, FINE = {"q": 1e-300}, {"q": 1e-305}
BASE = {"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}, "metric": {"name": "m"}}


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("eta", {"early_terminate": {"type": "hyperband", "min_iter": 1, "eta": 1.0000000001}}),
        ("eta", {"early_terminate": {"type": "hyperband", "min_iter": 1, "eta": 1e300}}),
        ("s", {"early_terminate": {"type": "hyperband", "max_iter": 9, "s": 10**10}}),
        ("min_iter", {"early_terminate": {"type": "asha", "min_iter": 10**30}}),
        ("run_cap", {"run_cap": 10**30}),
        ("run_cap", {"run_cap": 10**400}),
        ("repeats", {"sweepd": {"repeats": 10**9}}),
        ("retries", {"sweepd": {"retries": 10**30}}),
        ("seed", {"sweepd": {"seed": 2**63}}),
        ("breaker", {"sweepd": {"breaker": 10**30}}),
        ("constraints", {"sweepd": {"constraints": ["x > 0"] * 2000}}),
        ("when", {"sweepd": {"when": {f"x{i}": "x > 0" for i in range(2000)}}}),
        ("x", {"parameters": {"x": {"min": 0, "max": 10**400}}}),
        ("q", {"parameters": {"x": {**FINE, "distribution": "q_uniform", "min": 0, "max": 1}}}),
        ("q", {"parameters": {"x": {**Q, "distribution": "q_normal", "mu": 1e300}}}),
        ("parameters", {"parameters": {f"x{i}": {"value": 1} for i in range(20_000)}}),
    ],
)  # fmt: skip
def test_numbers_in_sweep_files_have_bounds(key, changed):
    with pytest.raises(ConfigError, match=rf"{key}[^;]*: expected"):
        parse({**BASE, **changed})


@pytest.mark.slow
def test_a_file_that_is_wrong_everywhere_is_told_of_briefly():
    names = {f"k{i}": 1 for i in range(50_000)}
    with pytest.raises(ConfigError) as caught:
        parse({**BASE, **names, "parameters": names})
    assert len(str(caught.value)) < 100_000


def test_bands_are_few_however_many_steps_there_are():
    for rule in (
        EarlyTerminate("hyperband", min_iter=1, eta=1.05),
        EarlyTerminate("hyperband", max_iter=2**31 - 1, s=2**31 - 1, eta=1.05),
        EarlyTerminate("asha", min_iter=1, eta=1.05),
        EarlyTerminate("median", min_iter=1),
    ):
        assert len(rules.bands(rule, 10**9)) < 2000
