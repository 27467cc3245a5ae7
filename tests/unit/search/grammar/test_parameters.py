"""Parameters of a sweep file: what is inferred, and numbers written as texts."""

import math

import pytest

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.sweep_file import parse


def read(parameters=None, **more):
    head = {"method": "random", "program": "t.py"}
    return parse({**head, "parameters": parameters or {"a": {"value": 1}}, **more})


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


def test_numbers_yaml_misses_become_numbers_without_a_word():
    spec = read(
        {
            "lr": {"min": "1e-5", "max": "1e-1", "distribution": "log_uniform_values"},
            "wd": {"values": ["1e-4", "1.5e3", 0]},
            "x": {"value": {"eps": "1e-8", "betas": ["9e-1", 0.99], "names": ["1e-1", "b"]}},
        }
    )
    lr, wd, x = spec.space.parameters
    assert (lr.low, lr.high) == (1e-5, 0.1)
    assert wd.values == (1e-4, 1500.0, 0)
    assert x.values == ({"eps": 1e-8, "betas": [0.9, 0.99], "names": ["1e-1", "b"]},)
    assert spec.warnings == ()


@pytest.mark.parametrize(
    "values",
    [
        ["123e4567", "7e12345"],  # commits: no float holds them
        ["1e-4", "none"],
        ["12", "13"],
        ["1e-400"],
        ["1e5", "abc", 3],
        ["inf", "nan"],
        ["0x1p3", "1_000"],
    ],
)
def test_texts_stay_texts(values):
    assert read({"a": {"values": values}}).space.parameters[0].values == tuple(values)
    assert read({"a": {"value": values}}).space.parameters[0].values == (values,)
    assert parse({"method": "grid", "parameters": {"a": {"values": values}}}).n_configs == len(
        values
    )


@pytest.mark.parametrize("word", ["loguniform", "log-uniform", "LogUniform", "log_unifrom"])
def test_log_uniform_of_values_is_what_a_misspelling_is_told_of(word):
    with pytest.raises(ConfigError, match="did you mean log_uniform_values, whose min and max"):
        read({"lr": {"distribution": word, "min": 0.001, "max": 0.1}})


def test_log_uniform_takes_exponents_and_says_so():
    spec = read({"lr": {"distribution": "log_uniform", "min": -3, "max": 0}})
    assert spec.space.parameters[0].low == pytest.approx(math.exp(-3))
    assert spec.warnings == (), "a logarithm only could be negative"
    doubtful = read({"lr": {"distribution": "log_uniform", "min": 0.001, "max": 0.1}})
    assert "exponents" in doubtful.warnings[0]
    inverse = read({"lr": {"distribution": "inv_log_uniform", "min": -3, "max": 0}})
    assert inverse.space.parameters[0].high == pytest.approx(math.exp(3))
