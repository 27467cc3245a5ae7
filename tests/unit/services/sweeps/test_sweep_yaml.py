"""The YAML of sweep files: measured before it is built, and no more than JSON can say."""

import pytest
import yaml

from sweepd.services.sweeps import sweep_yaml
from sweepd.services.sweeps.sweep_yaml import MAX_LEVELS, TooLarge, load, measure


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "[]",
        "[1, 2, 3]",
        "a: {b: [1, 2], c: }",
        "[&x 1, *x, *x]",
        "[&x [1, 2], *x]",
        "[&x [&y [1], *y], *x, [*y, *x]]",
        "a: &x {b: 1}\nc: {<<: *x}\n",
    ],
)
def test_every_value_is_counted_aliases_for_what_they_stand_for(text: str) -> None:
    def count(node: yaml.Node) -> int:
        if isinstance(node, yaml.MappingNode):
            return 1 + sum(count(part) for pair in node.value for part in pair)
        return 1 + sum(map(count, node.value)) if isinstance(node, yaml.SequenceNode) else 1

    assert measure(text) == count(yaml.compose(text))


def test_a_short_text_that_unfolds_without_end_is_refused() -> None:
    lines = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 9))
    with pytest.raises(TooLarge, match="does an alias"):
        load("l0: &l0 [1, 2]\n" + lines)


def test_a_bound_is_passed_by_one_more_than_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_yaml, "MAX_VALUES", 4)
    assert load("[1, 2, 3]") == [1, 2, 3]
    with pytest.raises(TooLarge, match="more than 4 values") as raised:
        load("[1, 2,\n 3, 4]")
    assert (raised.value.problem_mark.line, raised.value.problem_mark.column) == (1, 4)
    monkeypatch.setattr(sweep_yaml, "MAX_CHARACTERS", 5)
    assert load("[123]") == [123]
    with pytest.raises(TooLarge, match="more than 5 characters"):
        load("[1234]")


def test_levels_end_where_they_say() -> None:
    assert load("[" * MAX_LEVELS + "]" * MAX_LEVELS)
    with pytest.raises(TooLarge, match=f"more than {MAX_LEVELS} levels"):
        load("[" * (MAX_LEVELS + 1) + "]" * (MAX_LEVELS + 1))
    assert len(load("[" + "[], " * 100 + "]")) == 100, "beside each other they may be many"


@pytest.mark.parametrize("text", ["a: &x [*x]", "&x {a: {b: *x}}"])
def test_a_value_within_itself_is_refused(text: str) -> None:
    with pytest.raises(TooLarge, match="a value that it is in"):
        load(text)


def test_an_unknown_alias_is_yamls_to_tell() -> None:
    with pytest.raises(yaml.YAMLError, match="undefined alias"):
        load("[*x]")


def test_dates_stay_the_text_they_look_like() -> None:
    assert load("[2026-01-31, 2026-01-31 10:00:00]") == ["2026-01-31", "2026-01-31 10:00:00"]


@pytest.mark.parametrize(
    "text", ["!!timestamp 2026-01-31", "!!binary aGk=", "!!set {a}", "!!omap [a: 1]"]
)
def test_what_json_cannot_say_is_refused_with_its_tag(text: str) -> None:
    with pytest.raises(yaml.constructor.ConstructorError) as raised:
        load(f"a: {text}")
    assert text.split()[0] in str(raised.value) and "no value that a config" in str(raised.value)
    assert raised.value.problem_mark is not None and raised.value.problem_mark.column == 3


@pytest.mark.parametrize("text", ["!!int x", "!!float x", "!!bool x"])
def test_a_tag_that_does_not_fit_is_told_with_its_place(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match=f"this is no {text.split()[0]}") as raised:
        load(f"a: {text}")
    assert raised.value.problem_mark.column == 3  # type: ignore[attr-defined]


def test_whole_numbers_are_taken_as_far_as_they_can_be_sent() -> None:
    assert load("a: 0x1F") == {"a": 31}
    assert load("a: " + "9" * 3999) == {"a": int("9" * 3999)}
    for digits in (4400, 7000):
        with pytest.raises(yaml.YAMLError, match="at most 4,000 digits"):
            load("a: " + "9" * digits)
    assert load("a: '" + "9" * 7000 + "'") == {"a": "9" * 7000}
