"""Reading sweep files: inference, warnings and problems, each naming its key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.sweep_file import parse


def read(parameters=None, **more):
    head = {"method": "random", "program": "t.py"}
    return parse({**head, "parameters": parameters or {"a": {"value": 1}}, **more})


def problems(**raw):
    with pytest.raises(ConfigError) as caught:
        parse({"method": "random", "parameters": {"a": {"value": 1}}, **raw})
    return caught.value.problems


@pytest.mark.parametrize(
    ("raw", "start"),
    [
        ({"method": "byaes"}, "method: expected one of grid, random, bayes, custom, got 'byaes'"),
        ({"method": "tpe"}, "method: expected one of"),
        ({"method": "bayes"}, "metric: expected a metric for bayes, got nothing"),
        ({"parameters": {}}, "parameters: expected an object with at least one parameter"),
        ({"parameters": {"a": 3}}, "parameters.a: expected an object, got 3; write {value: 3}"),
        ({"parameters": {"a": {"min": 1}}}, "parameters.a: expected value, values,"),
        ({"parameters": {"a": {"values": []}}}, "parameters.a.values: expected a list with"),
        ({"parameters": {"a": {"distribution": "unifrom"}}}, "parameters.a.distribution: expected"),
        (
            {"parameters": {"n": {"parameters": {"a": {"min": "x", "max": 2}}}}},
            "parameters.n.a.min: expected a finite number, got 'x'",
        ),
        (
            {"parameters": {"a": {"min": 0, "max": 1, "distribution": "log_uniform_values"}}},
            "parameters.a.min: expected a number above 0",
        ),
        ({"run_cap": 0}, "run_cap: expected a whole number of at least 1, got 0"),
        ({"metric": {"name": "l", "goal": "min"}}, "metric.goal: expected one of minimize"),
        ({"metric": {"name": "l", "impute": "wurst"}}, "metric.impute: expected one of worst"),
        (
            {"parameters": {"a": {"values": [1, 2], "probabilities": [1]}}},
            "parameters.a.probabilities: expected 2 numbers",
        ),
        ({"run_cap": True}, "run_cap: expected a whole number of at least 1, got True"),
        ({"metric": {"goal": "minimize"}}, "metric: expected an object with a name"),
        ({"metrics": [{"name": "a"}, {"name": "b"}]}, "metrics: expected method: bayes or custom"),
        (
            {"early_terminate": {"type": "hyperband"}, "metric": {"name": "l"}},
            "early_terminate: expected min_iter, or max_iter with s",
        ),
        ({"early_terminate": {"type": "hyperband", "min_iter": 3}}, "early_terminate: expected a"),
        ({"command": [["python"]]}, "command: expected a list of texts, got [['python']]"),
        ({"sweepd": {"constraints": ["a > b"]}}, "sweepd.constraints: expected one of the"),
        ({"sweepd": {"constraints": ["__import__('os')"]}}, "sweepd.constraints: "),
        ({"sweepd": {"sampler": "tp"}}, "sweepd.sampler: expected one of sobol"),
        ({"sweepd": {"zip": [["a", "b"]]}}, "sweepd.zip: "),
        ({"sweepd": {"retries": -1}}, "sweepd.retries: expected a whole number of at least 0"),
    ],
)
def test_what_cannot_run_is_refused_by_key(raw, start):
    found = problems(**raw)
    assert any(problem.startswith(start) for problem in found), found


def test_all_problems_come_at_once():
    assert len(problems(method="x", run_cap=0, parameters={"a": 1, "b": {"min": 1}})) == 4


@pytest.mark.parametrize(
    ("raw", "start"),
    [
        ({"paramters": {}}, "unknown keys, which are ignored: paramters (did you mean param"),
        ({"sweepd": {"repets": 3}}, "unknown keys, which are ignored: sweepd.repets (did"),
        ({"parameters": {"a": {"min": 3, "max": 1}}}, "parameters.a: expected min below max"),
        (
            {"parameters": {"a": {"values": [1, 2], "probabilities": [1, 1]}}},
            "parameters.a.probabilities: expected a sum of 1, got 2",
        ),
        (
            {"parameters": {"a": {"value": 1, "mni": 3}}},
            "unknown keys, which are ignored: parameters.a.mni",
        ),
        (
            {"early_terminate": {"type": "asha"}, "metric": {"name": "l"}},
            "early_terminate.type: expected hyperband",
        ),
    ],
)
def test_what_is_odd_is_warned_of_by_key(raw, start):
    found = read(**raw).warnings
    assert any(warning.startswith(start) for warning in found), found


def test_the_whole_head_is_read():
    spec = read(
        metric={"name": "loss", "goal": "maximize", "target": "0.9", "impute_while_running": False},
        run_cap=10,
        program="t.py",
        command=["${env}", 3],
        name="n",
        description="d",
        project="p",
        entity="e",
        controller={"type": "local"},
        kind="sweep",
        early_terminate={"type": "hyperband", "max_iter": 27, "s": 2, "eta": 3, "strict": False},
        sweepd={"retries": 2, "repeats": 3, "seed": 7, "sampler": "sobol", "breaker": 0},
    )
    assert spec.method == "sobol"
    assert spec.metric.goal == "maximize" and spec.metric.target == 0.9
    assert spec.command == ("${env}", "3")
    assert (spec.run_cap, spec.controller, spec.extras.repeats) == (10, "local", 3)
    assert (spec.early_terminate.max_iter, spec.early_terminate.strict) == (27, False)


def test_a_scheduler_with_its_own_search_space_needs_no_parameters():
    spec = parse(
        {
            "method": "custom",
            "scheduler": {"engine": "optuna", "source": "s.py", "search_space": "f"},
        }
    )
    assert spec.space.parameters == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["min", "max", "values", "value", "q", "type", "name", "parameters", "zip"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "method",
                "parameters",
                "metric",
                "metrics",
                "early_terminate",
                "run_cap",
                "sweepd",
                "command",
                "controller",
                "scheduler",
                "name",
            ]
        ),
        json_values,
    )
)
def test_no_content_breaks_the_reader(raw):
    for method in ("grid", "bayes"):
        spec, told = None, ()
        try:
            spec = parse({"method": method, "metric": {"name": "l"}, **raw})
        except ConfigError as error:
            told = error.problems
        assert (spec is None) == bool(told)


@pytest.mark.parametrize("entry", [{"min": 0, "max": 1.0}, {"min": 0, "max": 1.0, "q": 0.1}])
def test_template_that_a_parameter_takes_up_is_only_an_unknown_key(entry):
    template = {"min": 0, "max": 1.0}
    raw = {"method": "random", "program": "t.py", "base": template}
    if "q" in entry:
        entry = {**entry, "distribution": "q_uniform"}
    spec = parse({**raw, "parameters": {"a": entry}})
    assert spec.warnings == ("unknown keys, which are ignored: base",)
    with pytest.raises(ConfigError, match="write it below parameters"):
        parse({**raw, "parameters": {"a": {"min": 0, "max": 2.0}}})
