"""Parameters of a sweep file: numbers written as texts."""

import math

import pytest

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.sweep_file import parse


def read(parameters=None, **more):
    head = {"method": "random", "program": "t.py"}
    return parse({**head, "parameters": parameters or {"a": {"value": 1}}, **more})


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
        ["0x1F", "0b11", "0o17"],
        [" 1e-5", "1e-5 ", "1e-5\t"],
        ["12:30:45", "1d5", "1f", "+1"],
        ["1e5", "\uff11e5"],
    ],
)
def test_texts_stay_texts(values):
    assert read({"a": {"values": values}}).space.parameters[0].values == tuple(values)
    assert read({"a": {"value": values}}).space.parameters[0].values == (values,)
    assert parse({"method": "grid", "parameters": {"a": {"values": values}}}).n_configs == len(
        values
    )


def test_log_uniform_takes_exponents_and_says_so():
    spec = read({"lr": {"distribution": "log_uniform", "min": -3, "max": 0}})
    assert spec.space.parameters[0].low == pytest.approx(math.exp(-3))
    assert spec.warnings == (), "a logarithm only could be negative"
    doubtful = read({"lr": {"distribution": "log_uniform", "min": 0.001, "max": 0.1}})
    assert "exponents" in doubtful.warnings[0]
    inverse = read({"lr": {"distribution": "inv_log_uniform", "min": -3, "max": 0}})
    assert inverse.space.parameters[0].high == pytest.approx(math.exp(3))


@pytest.mark.parametrize("inner", [[1], ["a"], "text", 3, [], {}, None])
def test_nested_parameters_are_an_object_with_one_at_least(inner):
    with pytest.raises(ConfigError, match=r"a\.parameters.*an object with at least one"):
        read({"a": {"parameters": inner}})


@pytest.mark.parametrize("q", [0, -1, -0.5])
def test_a_step_is_above_zero(q):
    with pytest.raises(ConfigError, match=r"a\.q.*a step above 0"):
        read({"a": {"distribution": "q_uniform", "min": 0.0, "max": 9.0, "q": q}})
