"""Grids by index: W&B's order, each cell once, nothing written out."""

import itertools
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.grid import Arange, Grid


def make_grid(parameters, **extras):
    return Grid(parse({"method": "grid", "parameters": parameters, "sweepd": extras}).space)


def test_last_sorted_name_runs_fastest():
    grid = make_grid({"b": {"values": ["x", "y"]}, "a": {"values": [2, 1]}})
    assert [grid.config(i) for i in range(4)] == [
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
    ]


def test_names_are_sorted_at_each_level_of_nesting():
    grid = make_grid(
        {
            "z": {"values": [0, 1]},
            "m": {"parameters": {"q": {"values": [5, 6]}, "c": {"value": "k"}}},
        }
    )
    assert [grid.config(i) for i in range(4)] == [
        {"m": {"c": "k", "q": 5}, "z": 0},
        {"m": {"c": "k", "q": 5}, "z": 1},
        {"m": {"c": "k", "q": 6}, "z": 0},
        {"m": {"c": "k", "q": 6}, "z": 1},
    ]


def test_q_uniform_leaves_max_out_and_int_uniform_includes_it():
    grid = make_grid(
        {"a": {"distribution": "q_uniform", "min": 0, "max": 6, "q": 2}, "b": {"min": 1, "max": 2}}
    )
    found = [grid.config(i) for i in range(grid.size)]
    assert found == [{"a": a, "b": b} for a in (0, 2, 4) for b in (1, 2)]
    assert all(type(config["a"]) is int for config in found)


def test_repeated_values_count_once_and_true_is_not_one():
    grid = make_grid({"a": {"values": [1, 1.0, True, "1", None, [1], [1.0], {"k": 1}]}})
    assert [grid.config(i)["a"] for i in range(grid.size)] == [1, True, "1", None, [1], {"k": 1}]


def test_tied_parameters_advance_together():
    grid = make_grid(
        {"w": {"values": [1, 2]}, "d": {"values": [8, 9]}, "e": {"values": [0, 1]}},
        zip=[["w", "d"]],
    )
    assert grid.size == 4
    assert [(c["d"], c["w"]) for c in map(grid.config, range(4))] == [(8, 1)] * 2 + [(9, 2)] * 2


def test_a_parameter_without_finite_values_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"parameters\.lr: a grid needs"):
        make_grid({"lr": {"min": 0.1, "max": 1.0}})


def test_an_empty_grid_is_refused():
    with pytest.raises(ConfigError, match="at least one cell"):
        make_grid({"a": {"distribution": "q_uniform", "min": 1, "max": 1}})


def count_calls(work):
    """What some work returns, and how many Python functions it called."""
    n = 0

    def count(_frame, event, _argument):
        nonlocal n
        n += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return work(), n
    finally:
        sys.setprofile(before)


def test_a_million_cells_cost_nothing():
    def look():
        grid = make_grid({name: {"min": 1, "max": 10} for name in "abcdef"})
        return grid.size, grid.config(999_999)

    (size, last), n_calls = count_calls(look)
    assert size == 1_000_000
    assert last == dict.fromkeys("abcdef", 10)
    assert n_calls < 10_000


def test_conditional_parameters_merge_cells_that_would_be_equal():
    grid = make_grid(
        {"opt": {"values": ["sgd", "adam"]}, "mom": {"values": [0.1, 0.2, 0.3]}},
        when={"mom": {"opt": "sgd"}},
    )
    found = [grid.config(i) for i in grid.indexes()]
    assert len(found) == grid.count() == 4
    assert {"opt": "adam"} in found
    assert grid.config(3) is None  # mom's second value, with adam


def test_excluded_blocks_are_skipped_at_once():
    names = [f"p{i}" for i in range(6)]
    grid = make_grid({name: {"min": 0, "max": 9} for name in names}, constraints=["p0 + p1 >= 18"])
    found, n_calls = count_calls(lambda: grid.next(0))
    assert found == 990_000
    assert n_calls < 10_000


axes = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True),
    min_size=1,
)


@given(axes)
def test_indexes_enumerate_the_product(values):
    grid = make_grid({name: {"values": items} for name, items in values.items()})
    names = sorted(values)
    product = itertools.product(*(values[name] for name in names))
    assert [grid.config(i) for i in range(grid.size)] == [
        dict(zip(names, row, strict=True)) for row in product
    ]


@st.composite
def restricted(draw):
    """Axes, which of them is left out unless another is above 1 (in chains), and a lower bound."""
    values = draw(axes)
    names = draw(st.permutations(sorted(values)))
    when = {}
    for owner, reader in itertools.pairwise(names):
        if draw(st.booleans()):
            when[owner] = reader
    pair = draw(st.tuples(st.sampled_from(names), st.sampled_from(names)))
    return values, when, pair, draw(st.integers(0, 8))


def expected_cells(values, when, pair, bound):
    """The plain product, each cell stripped of what is left out, without repeats."""

    def is_present(name, row):
        reader = when.get(name)
        return reader is None or (is_present(reader, row) and row[reader] > 1)

    found = []
    for choices in itertools.product(*(values[name] for name in sorted(values))):
        row = dict(zip(sorted(values), choices, strict=True))
        config = {name: value for name, value in row.items() if is_present(name, row)}
        is_bound = all(name in config for name in pair)
        is_allowed = not is_bound or sum(config[name] for name in pair) >= bound
        if is_allowed and config not in found:
            found.append(config)
    return found


@pytest.mark.slow
@given(restricted())
@settings(max_examples=200)
def test_skipping_loses_no_cell(case):
    """Blocks are skipped whole: one index too far, and cells behind the block are lost."""
    values, when, pair, bound = case
    expected = expected_cells(*case)
    assume(expected)  # none at all is refused when the file is read
    grid = make_grid(
        {name: {"values": items} for name, items in values.items()},
        constraints=[f"{pair[0]} + {pair[1]} >= {bound}"],
        when={owner: f"{reader} > 1" for owner, reader in when.items()},
    )
    found = [grid.config(i) for i in grid.indexes()]
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert grid.count() == len(expected)
    assert found == [c for c in (grid.config(i) for i in range(grid.size)) if c is not None]
    check_from_anywhere(grid)


def check_from_anywhere(grid):
    """A search goes on within a block as often as at its beginning."""
    there = [index for index in range(grid.size) if grid.config(index) is not None]
    for start in range(grid.size):
        later = [index for index in there if index >= start]
        assert list(grid.indexes(start)) == later
        assert grid.next(start) == next(iter(later), None)


def test_cells_are_found_from_within_a_block():
    grid = make_grid(
        {"a": {"values": [0, 1, 2]}, "b": {"values": [0, 1]}, "c": {"values": [0, 1, 2]}},
        constraints=["a != 1"],
    )
    assert list(grid.indexes(4)) == [4, 5, *range(12, 18)]
    check_from_anywhere(grid)


@given(
    st.permutations("abcd"), st.tuples(*[st.lists(st.integers(0, 3), min_size=1, max_size=3)] * 2)
)
def test_tied_parameters_repeat_a_cell_only_where_both_are_left_out(names, read):
    """Each of two tied ones hangs on a parameter of its own, which may be fixed after the other."""
    first, second, *readers = names
    values = {first: [1, 2, 3], second: [7, 8, 9], **dict(zip(readers, read, strict=True))}
    grid = make_grid(
        {name: {"values": items} for name, items in values.items()},
        zip=[[first, second]],
        when={first: f"{readers[0]} > 1", second: f"{readers[1]} > 1"},
    )
    expected = []
    for other, a, b in itertools.product(range(3), *(values[r] for r in readers)):
        config = {readers[0]: a, readers[1]: b}
        config |= {first: values[first][other]} if a > 1 else {}
        config |= {second: values[second][other]} if b > 1 else {}
        if config not in expected:
            expected.append(config)
    found = [grid.config(i) for i in grid.indexes()]
    assert len(found) == len(expected)
    assert all(config in expected for config in found)
    check_from_anywhere(grid)


@given(st.floats(-10, 10), st.integers(0, 40), st.floats(0.001, 3))
def test_a_float_range_has_the_very_numbers_of_numpy(start, n, step):
    stop = start + (n + 0.5) * step
    found = Arange(start, stop, step)
    assert list(found) == np.arange(start, stop, step).tolist()
    assert len(found) == len(np.arange(start, stop, step))
    for outside in (-1, len(found)):
        with pytest.raises(IndexError):
            found[outside]


def test_a_range_ends_before_its_stop_and_stays_whole():
    assert list(Arange(1, 10, 3)) == [1, 4, 7]
    assert [type(value) for value in Arange(1, 10, 3)] == [int] * 3
    assert list(Arange(0.0, 0.3, 0.1)) == [0.0, 0.1, 0.2]
    assert list(Arange(3, 3, 1)) == list(Arange(3, 1, 1)) == []


def test_no_cell_lies_outside_and_looking_has_an_end():
    grid = make_grid({"a": {"values": [1, 2]}, "b": {"values": [1, 2, 3]}})
    assert (len(grid), grid.next(5), grid.next(6)) == (6, 5, None)
    for outside in (-1, 6):
        with pytest.raises(IndexError):
            grid.config(outside)
    odd = make_grid({name: {"min": 0, "max": 9} for name in "abcd"}, constraints=["d == 3"])
    assert odd.count(at_most=100) is None
    assert odd.count() == 1000
