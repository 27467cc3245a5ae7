"""Parameters: quantiles against SciPy, quantisation, integers, weighted values."""

import math

import numpy as np
import pytest
from scipy import stats

from sweepd.search.grammar.sweep_file import parse

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


def test_integers_reach_both_ends_equally():
    parameter = make_space({"a": {"min": 3, "max": 6}}).parameters[0]
    values = [parameter.value(u) for u in np.linspace(0, 0.9999, 4000)]
    assert [values.count(v) for v in (3, 4, 5, 6)] == [1000] * 4


def test_probabilities_pick_the_first_cumulative_beyond_u():
    entry = {"values": ["a", "b", "c"], "probabilities": [0.2, 0, 0.8]}
    parameter = make_space({"a": entry}).parameters[0]
    assert [parameter.value(u) for u in (0, 0.19, 0.2, 0.99)] == ["a", "a", "c", "c"]
    assert parameter.choices == ("a", "c")
