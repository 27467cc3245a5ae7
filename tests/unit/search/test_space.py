"""Spaces: quantiles against SciPy, quantisation, keys, encoding and back."""

from sweepd.search.grammar.sweep_file import parse


def make_space(parameters, **extras):
    raw = {"method": "random", "parameters": parameters, "sweepd": extras}
    return parse(raw).space


def test_conditions_leave_parameters_out_in_chains():
    space = make_space(
        {"a": {"values": [0, 1]}, "b": {"values": [0, 1]}, "c": {"values": [0, 1]}},
        when={"b": "a == 1", "c": "b == 1"},
    )
    assert space.nest([(0,), (1,), (1,)]) == {"a": 0}
    assert space.nest([(1,), (1,), (1,)]) == {"a": 1, "b": 1, "c": 1}
    assert space.encode({"a": 0})[1] == 0.5


def test_sizes():
    assert make_space({"a": {"min": 1, "max": 4}, "b": {"values": [1, 1, 2]}}).n_configs == 8
    assert make_space({"a": {"min": 1.0, "max": 4.0}}).n_configs is None
    assert make_space({"a": {"min": 1, "max": 10**12}}).n_configs == 10**12
    quantised = {"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.25}
    assert make_space({"a": quantised}).n_configs == 5
    raw = {"program": "t.py", "parameters": {"a": quantised}}
    assert [parse({**raw, "method": method}).n_configs for method in ("grid", "random")] == [4, 5]
