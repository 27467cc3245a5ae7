"""A run's config as the client wraps it, and dotted names: one meaning of each."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepd.domain.config import MISSING, find, flatten, nest, private_part, unwrap, wrap

ROOT = Path(__file__).parents[3]
names = st.text("abc", min_size=1, max_size=3)
leaves = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
nested = st.recursive(leaves, lambda item: st.dictionaries(names, item, min_size=1), max_leaves=8)


def test_wrappers_of_the_client_are_taken_off_once() -> None:
    config = {
        "lr": {"value": 0.1},
        "old": {"desc": None, "value": 1},
        "deep": {"value": {"value": 2}},
        "mine": {"value": 3, "scale": "log"},
        "bare": 4,
        "_wandb": {"value": {"t": {}}},
        "wandb_version": 1,
    }
    deep, mine = {"value": 2}, {"value": 3, "scale": "log"}
    assert unwrap(config) == {"lr": 0.1, "old": 1, "deep": deep, "mine": mine, "bare": 4}
    assert private_part(config) == {"t": {}}


def test_a_config_without_a_private_part_has_an_empty_one() -> None:
    for config in ({}, {"_wandb": None}, {"_wandb": {"value": 3}}, {"_wandb": {"value": None}}):
        assert private_part(config) == {}


@pytest.mark.slow
@given(st.dictionaries(names, nested))
def test_unwrapping_undoes_wrapping(config: dict[str, object]) -> None:
    assert unwrap(wrap(config)) == config


@pytest.mark.slow
@given(st.dictionaries(names, nested))
def test_every_flattened_name_is_found_again(values: dict[str, object]) -> None:
    flat = flatten(values)
    assert all(find(values, name) == value for name, value in flat.items())
    assert flatten(nest(flat.items())) == flat


def test_media_lists_and_empty_objects_stay_whole() -> None:
    image = {"_type": "image-file", "size": 3}
    values = {"a": {"b": {"c": 1}, "image": image, "none": {}, "list": [{"d": 1}]}}
    assert flatten(values) == {"a.b.c": 1, "a.image": image, "a.none": {}, "a.list": [{"d": 1}]}
    assert flatten(values, most=2) == {"a.b.c": 1, "a.image": image}


def test_depth_is_no_matter() -> None:
    value: dict[str, object] = {"a": 1}
    for _ in range(5_000):
        value = {"a": value}
    assert len(flatten(value)) == 1


def test_keys_that_hold_dots_are_found() -> None:
    values = {"a.b": {"c": 1}, "a": {"x": 2}}
    assert (find(values, "a.b.c"), find(values, "a.x")) == (1, 2)
    assert find(values, "a.b.d") is MISSING and find(3, "a") is MISSING


def test_nobody_else_takes_wrappers_off() -> None:
    wrapper = re.compile(r"""item\[["']value["']\]|get\(["']_wandb["']|["']_wandb["'] *(not )?in""")
    files = list((ROOT / "sweepd").rglob("*.py"))
    assert len(files) > 100
    for path in files:
        if path != ROOT / "sweepd/domain/config.py":
            assert not wrapper.search(path.read_text()), f"{path}: use domain/config.py"


def test_a_name_is_a_value_or_a_group() -> None:
    with pytest.raises(ValueError, match=r"a\.b lies within a"):
        nest([("a", 1), ("a.b", 2)])


def test_looking_for_a_path_ends_however_many_ways_there_are() -> None:
    """A metric's name is looked for within writes, where all wait."""
    tree: Any = {"end": 1}
    for _ in range(60):
        tree = {"a": tree, "a.a": tree}  # as many ways as Fibonacci's 60th number
    assert find(tree, ".".join("a" * 60)) is not MISSING
    assert find(tree, ".".join("a" * 58) + ".b") is MISSING
    assert find({"a": {"b.c": 1}, "a.b": {"x": 0}}, "a.b.c") == 1
    assert find({"a." * 500 + "b": 1}, "a." * 500 + "b") == 1, "whole, however long"
