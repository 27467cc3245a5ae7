"""Parameters of a sweep file: what is inferred, and numbers written as texts."""

import math

import pytest

from sweepd.search.grammar.sweep_file import parse


def read(parameters=None, **more):
    return parse({"method": "random", "parameters": parameters or {"a": {"value": 1}}, **more})


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({"value": {"k": 1}}, "constant"),
        ({"values": [1, "x"]}, "categorical"),
        ({"values": [1, 2], "probabilities": [0.5, 0.5]}, "categorical_w_probabilities"),
        ({"min": 1, "max": 3}, "int_uniform"),
        ({"min": 1, "max": 3.0}, "uniform"),
        ({"min": 0.1, "max": 0.3}, "uniform"),
        ({"distribution": "normal"}, "normal"),
        ({"distribution": "q_beta", "q": 0.1}, "q_beta"),
        ({"distribution": "inv_log_uniform_values", "min": 1, "max": 3}, "inv_log_uniform_values"),
    ],
)
def test_the_distribution_is_inferred(entry, kind):
    assert read({"a": entry}).space.parameters[0].kind == kind


def test_numbers_written_as_texts_become_numbers_with_a_warning():
    spec = read(
        {
            "lr": {"min": "1e-5", "max": "1e-1", "distribution": "log_uniform_values"},
            "wd": {"values": ["1e-4", "1.5e3", "none", "12"]},
        }
    )
    lr, wd = spec.space.parameters
    assert (lr.low, lr.high) == (1e-5, 0.1)
    assert wd.values == (1e-4, 1500.0, "none", "12")
    assert [w.split(":")[0] for w in spec.warnings] == [
        "parameters.lr.min",
        "parameters.lr.max",
        "parameters.wd.values[0]",
        "parameters.wd.values[1]",
    ]


def test_log_uniform_takes_exponents_and_says_so():
    spec = read({"lr": {"distribution": "log_uniform", "min": -3, "max": 0}})
    assert spec.space.parameters[0].low == pytest.approx(math.exp(-3))
    assert "exponents" in spec.warnings[0]
    inverse = read({"lr": {"distribution": "inv_log_uniform", "min": -3, "max": 0}})
    assert inverse.space.parameters[0].high == pytest.approx(math.exp(3))
