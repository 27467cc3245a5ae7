"""Configs of a space: nested, tied, left out, and known again."""

import math

import numpy as np
import pytest

from sweepd.search.errors import ExpressionError
from sweepd.search.expression import parse_expression
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.space import MISSING, Space, find


def make(parameters, **extras):
    return parse({"method": "random", "parameters": parameters, "sweepd": extras}).space


NESTED = {
    "z": {"values": [1, 2]},
    "m": {
        "parameters": {
            "q": {"min": 0.0, "max": 1.0},
            "c": {"value": "k"},
            "d": {"parameters": {"e": {"values": [True, False]}}},
        }
    },
}


def test_points_become_nested_configs_with_constants():
    space = make(NESTED)
    assert [d.name for d in space.dimensions] == ["m.d.e", "m.q", "z"]
    config = space.decode([0.9, 0.25, 0.1])
    assert config == {"m": {"c": "k", "d": {"e": False}, "q": 0.25}, "z": 1}
    assert space.encode(config) == pytest.approx([0.75, 0.25, 0.25])
    assert space.flat(config) == {"m.c": "k", "m.d.e": False, "m.q": 0.25, "z": 1}


def test_only_what_is_searched_stays_of_a_config():
    space = make(NESTED)
    config = {"z": 1, "lr": 3, "m": {"q": 0.5, "other": 1, "d": {"e": None, "f": 1}}}
    assert space.project(config) == {"z": 1, "m": {"q": 0.5, "d": {"e": None}}}
    assert space.project({"m": 3}) == {}


@pytest.mark.parametrize(
    ("path", "expected"),
    [(("a",), {"b": None}), (("a", "b"), None), (("a", "c"), MISSING), (("a", "b", "c"), MISSING)],
)
def test_values_are_found_by_their_path(path, expected):
    assert find({"a": {"b": None}}, path) is expected or find({"a": {"b": None}}, path) == expected


TIED = {"w": {"values": [1, 2, 1]}, "d": {"values": ["x", {"k": 1}, "x"]}, "e": {"values": [0, 1]}}


def test_tied_values_go_together_and_rows_count_once():
    space = make(TIED, zip=[["w", "d"]])
    [tied, other] = space.dimensions
    assert (tied.name, other.name) == ("w+d", "e")
    assert tied.rows == ((1, "x"), (2, {"k": 1}))
    assert space.n_configs == 4
    assert not tied.is_ordered and other.is_ordered
    assert [tied.take(u) for u in (0.0, 0.49, 0.5, 1.0)] == [tied.rows[0]] * 2 + [tied.rows[1]] * 2
    assert space.encode({"w": 2, "d": {"k": 1, "more": 3}, "e": 1}) == pytest.approx([0.75, 0.75])
    assert math.isnan(space.encode({"w": 1, "d": {"k": 1}, "e": 1})[0]), "no row has both"
    assert [tied.row_index(row) for row in ((1.0, "x"), (2, "x"), (2, {"k": 2}))] == [0, None, None]


def test_what_conditions_leave_out_is_no_part_of_a_config_nor_of_its_key():
    space = make(
        {"opt": {"values": ["sgd", "adam"]}, "mom": {"min": 0.0, "max": 1.0}, "x": {"value": 1}},
        when={"mom": "opt == 'sgd'", "x": "mom > 0.5"},
    )
    assert space.decode([0.75, 0.1]) == {"opt": "sgd", "mom": 0.75, "x": 1}
    assert space.decode([0.25, 0.1]) == {"opt": "sgd", "mom": 0.25}
    assert space.decode([0.75, 0.9]) == {"opt": "adam"}
    assert space.active({"opt": "adam", "mom": 0.75, "x": 1}) == {"opt": "adam"}
    assert space.encode({"opt": "adam"}) == pytest.approx([0.5, 0.75])
    assert math.isnan(space.encode({"opt": "sgd"})[0]), "it should have one"


def test_conditions_that_depend_on_each_other_are_refused():
    rules = {"a": parse_expression("b > 1"), "b": parse_expression("a > 1")}
    parameters = make({"a": {"values": [1, 2]}, "b": {"values": [1, 2]}}).parameters
    with pytest.raises(ExpressionError, match="depend on each other: a, b"):
        Space(parameters, when=rules)


def test_a_constraint_that_reads_what_is_left_out_is_met():
    space = make(
        {"a": {"values": [1, 2]}, "b": {"values": [1, 2]}},
        when={"b": "a == 1"},
        constraints=["a + b < 3", "a < 5"],
    )
    assert space.is_restricted
    assert [space.is_feasible(c) for c in ({"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2})] == [
        True,
        False,
        True,
    ]
    assert make({"a": {"values": [1]}}).is_feasible({}) and not make(NESTED).is_restricted


def test_keys_know_an_object_by_what_the_file_says_of_it():
    space = make({"o": {"values": [{"k": 1}, {"k": 2}]}, "c": {"value": {"z": 1}}})
    key = space.key({"o": {"k": 1}, "c": {"z": 1}})
    assert space.key({"o": {"k": 1, "added": 2}, "c": {"z": 1, "more": 3}}) == key
    assert space.key({"o": {"k": 2}, "c": {"z": 1}}) != key
    assert space.key({"o": {"k": 3}, "c": {"z": 1}}) != space.key({"o": {"k": 4}, "c": {"z": 1}})


def test_sizes_multiply_and_one_infinite_part_makes_all_so():
    assert make({"a": {"min": 1, "max": 4}, "b": {"min": 0.0, "max": 1.0}}).n_configs is None
    assert make({"a": {"value": 1}}).n_configs == 1
    assert make({"a": {"value": 1}}).dimensions == ()
    assert make({"a": {"min": 0, "max": 10**30}, "b": {"values": [1, 2]}}).n_configs == (
        2 * (10**30 + 1)
    )


def test_many_configs_have_the_places_each_has_by_itself():
    space = make(
        {
            "a": {"values": ["x", "y", "z"]},
            "n": {"parameters": {"b": {"min": 1, "max": 9}}},
            "c": {"min": 0.0, "max": 1.0},
        },
        when={"c": "a == 'x'"},
    )
    rng = np.random.default_rng(0)
    configs = [space.decode(rng.random(3)) for _ in range(20)] + [{}, {"a": "x"}, {"n": 1}]
    each = np.array([space.encode(config) for config in configs])
    assert space.encode_many(configs) == pytest.approx(each, nan_ok=True)
    assert space.encode_many([]).shape == (0, 3)


CHAINED = make(
    {
        "opt": {"values": ["sgd", 1, True, ["a"], {"k": 1}]},
        "n": {"parameters": {"layers": {"min": 1, "max": 4}, "rate": {"min": 0.0, "max": 1.0}}},
        "mom": {"min": 0.0, "max": 1.0},
        "nest": {"values": [True, False]},
        "w": {"values": [1, 2]},
        "d": {"values": ["x", "y"]},
        "k": {"value": 3},
        "always": {"min": 0.0, "max": 1.0},
        "never": {"min": 0.0, "max": 1.0},
    },
    zip=[["w", "d"]],
    when={
        "mom": "opt == 1",
        "nest": "mom > 0.5",
        "w": "n.layers > 2",
        "d": "w == 1 and nest",
        "n.rate": "opt in ['sgd', 1] or n.layers + 1 > 2 ** 60",
        "always": "k == 3",
        "never": "1 > 2",
    },
)
VALUES = {
    ("opt",): ["sgd", 1, 1.0, True, ["a"], {"k": 1}, None, math.nan],
    ("n",): [
        {"layers": 3},
        {"layers": 2**60},
        {"layers": 2.0**60},
        {"layers": 1, "rate": 0.5},
        {"layers": "3"},
        {},
        5,
    ],
    ("mom",): [0.2, 0.7, True, "0.7"],
    ("nest",): [True, 1, False],
    ("w",): [1, 2],
    ("d",): ["x", "z"],
    ("k",): [3, 4],
}


def test_conditions_leave_out_of_many_configs_what_they_leave_out_of_each():
    rng = np.random.default_rng(0)
    configs = []
    for _ in range(400):
        some = [(path, v) for path, v in VALUES.items() if rng.random() < 0.8]
        configs.append({path[0]: v[rng.integers(len(v))] for path, v in some})
    configs += [CHAINED.decode(rng.random(len(CHAINED.dimensions))) for _ in range(50)]
    found, expected = {}, {}
    for j, dimension in enumerate(CHAINED.dimensions):
        units, left_out = CHAINED.column(j, configs)
        members = {member.name for member in dimension.members}
        lacking = [members.isdisjoint(CHAINED.present(CHAINED.flat(c))) for c in configs]
        found[dimension.name] = left_out.tolist()
        expected[dimension.name] = np.flatnonzero(np.isnan(units) & lacking).tolist()
    assert found == expected
