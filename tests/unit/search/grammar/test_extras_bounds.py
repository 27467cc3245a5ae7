"""The `sweepd:` section: what each key takes, and how its expressions are bound."""

import pytest

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.extras import MAX_REPEATS, MAX_RULES, MAX_SOURCES
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.spec import Extras

PARAMETERS = {
    "a": {"values": [1, 2]},
    "b": {"values": [3, 4]},
    "c": {"values": [5, 6, 7]},
    "n": {"parameters": {"x": {"values": [1, 2]}, "y": {"values": [1, 2]}}},
}


def read(method="random", **extras):
    raw = {"method": method, "program": "t.py", "parameters": PARAMETERS, "sweepd": extras}
    return parse(raw | {"metric": {"name": "loss"}})


def refused(method="random", **extras):
    with pytest.raises(ConfigError) as caught:
        read(method, **extras)
    return "; ".join(caught.value.problems)


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [
        ("retries", 0, 2**31 - 1),
        ("repeats", 1, MAX_REPEATS),
        ("seed", 0, 2**63 - 1),
        ("breaker", 0, 2**31 - 1),
    ],
)
def test_whole_numbers_from_least_to_most(key, least, most):
    for value in (least, most):
        assert getattr(read(**{key: value}).extras, key) == value
    assert getattr(read(**{key: f" {least + 1} "}).extras, key) == least + 1
    assert f"at least {least}" in refused(**{key: least - 1})
    assert f"at most {most:,}" in refused(**{key: most + 1})
    assert f"sweepd.{key}" in refused(**{key: 1.5})


def test_what_is_not_said_is_as_documented():
    assert read().extras == Extras()
    plain = Extras()
    assert (plain.retries, plain.repeats, plain.breaker, plain.seed) == (3, 1, 5, None)
    assert (plain.wait_for_in_flight, plain.distinct, plain.sampler) == (True, False, None)
    assert read(wait_for_in_flight=False).extras.wait_for_in_flight is False
    assert read(distinct=True).extras.distinct is True
    odd = read(wait_for_in_flight="yes", distinct=1)
    assert (odd.extras.wait_for_in_flight, odd.extras.distinct) == (True, False)
    assert len(odd.warnings) == 2 and "true is used" in odd.warnings[0]


def test_a_sampler_takes_the_place_of_the_method_but_of_a_grids():
    assert read(sampler="sobol").method == "sobol"
    assert "did you mean" in refused(sampler="sobl")
    assert "remove it" in refused(sampler="zzz")
    raw = {"method": "grid", "program": "t.py", "parameters": PARAMETERS}
    grid = parse({**raw, "sweepd": {"sampler": "sobol"}})
    assert grid.method == "grid" and "it is ignored" in grid.warnings[0]


def test_sweeps_to_learn_from():
    assert read("bayes", learn_from="ann/p/s").extras.learn_from == ("ann/p/s",)
    assert read("bayes", learn_from=["a", "b", "a"]).extras.learn_from == ("a", "b")
    many = [f"s{n}" for n in range(MAX_SOURCES + 1)]
    assert read("bayes", learn_from=many[1:]).extras.learn_from == tuple(many[1:])
    for odd in (many, [""], ["a", ""], [1], {"a": 1}):
        assert f"at most {MAX_SOURCES} sweeps" in refused("bayes", learn_from=odd)


def test_ties():
    assert read(zip=["a", "b"]).space.ties == (("a", "b"),)
    assert read(zip=[["a", "b"], ["n.x", "n.y"]]).space.ties == (("a", "b"), ("n.x", "n.y"))
    assert "lists of one length" in refused(zip=["a", "c"])
    assert "different names" in refused(zip=["a", "a"])
    assert "each parameter in one group" in refused(zip=[["a", "b"], ["b", "n.x"]])
    assert "did you mean n.x?" in refused(zip=["a", "nx"])
    for odd in ("a", ["a"], [["a"]], [["a", 1]], {"a": "b"}):
        assert "sweepd.zip" in refused(zip=odd)


def test_only_lists_are_tied():
    raw = {"method": "random", "parameters": {"a": {"values": [1]}, "b": {"min": 0, "max": 1}}}
    with pytest.raises(ConfigError, match="b to be a list of values"):
        parse({**raw, "sweepd": {"zip": ["a", "b"]}})


def test_conditions_in_either_form():
    space = read(when={"b": "a == 1", "n": {"a": 2, "c": [5, 6]}}).space
    assert space.when.keys() == {"b", "n.x", "n.y"}
    rule = space.when["n.x"]
    assert rule.names == {"a", "c"}
    assert [rule.holds({"a": a, "c": c}) for a, c in ((2, 5), (2, 6), (2, 7), (1, 5))] == [
        True,
        True,
        False,
        False,
    ]
    assert "did you mean" in refused(when={"bb": "a == 1"})
    assert "sweepd.when.b" in refused(when={"b": "zz == 1"})
    assert "depend on each other" in refused(when={"a": "b == 3", "b": "a == 1"})
    for odd in ("a", {"b": 3}, {"b": {}}):
        assert "sweepd.when" in refused(when=odd)
    assert f"at most {MAX_RULES}" in refused(when={f"x{i}": "a" for i in range(MAX_RULES + 1)})


def test_constraints():
    assert len(read(constraints="a < b").space.constraints) == 1
    assert len(read(constraints=["a < b"] * MAX_RULES).space.constraints) == MAX_RULES
    assert f"at most {MAX_RULES}" in refused(constraints=["a < b"] * (MAX_RULES + 1))
    assert "docs/search.md" in refused(constraints=["a <"])
    for odd in (3, [3], {"a": 1}):
        assert "sweepd.constraints" in refused(constraints=odd)


def test_numbers_of_repeats_need_a_name_of_their_own():
    assert read(repeats=2, repeat_as="fold").extras.repeat_as == "fold"
    assert "it is a parameter's" in refused(repeats=2, repeat_as="a")


def test_names_that_collide_when_dotted_are_refused():
    parameters = {"n.x": {"value": 1}, "n": {"parameters": {"x": {"value": 2}}}}
    with pytest.raises(ConfigError, match=r"different dotted names, got 'n\.x'"):
        parse({"method": "random", "parameters": parameters})


@pytest.mark.parametrize("section", [3, "x", [1]])
def test_a_section_that_is_no_object_is_refused(section):
    raw = {"method": "random", "program": "t.py", "parameters": PARAMETERS, "sweepd": section}
    with pytest.raises(ConfigError, match="sweepd: expected an object"):
        parse(raw)


def test_repeats_where_others_choose_are_ignored_with_a_word():
    raw = {"method": "custom", "program": "t.py", "parameters": PARAMETERS}
    told = parse({**raw, "controller": {"type": "local"}, "sweepd": {"repeats": 2}}).warnings
    assert any("sweepd.repeats" in warning for warning in told)
    alone = parse(raw).warnings
    assert any("queued by hand" in warning for warning in alone)
