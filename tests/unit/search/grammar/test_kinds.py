"""The distribution of a parameter: named, inferred, misspelt."""

import pytest

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.sweep_file import parse


def read(parameters):
    return parse({"method": "random", "program": "t.py", "parameters": parameters})


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


@pytest.mark.parametrize("word", ["loguniform", "log-uniform", "LogUniform", "log_unifrom"])
def test_log_uniform_of_values_is_what_a_misspelling_is_told_of(word):
    with pytest.raises(ConfigError, match="did you mean log_uniform_values, whose min and max"):
        read({"lr": {"distribution": word, "min": 0.001, "max": 0.1}})
