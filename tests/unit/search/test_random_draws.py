"""Random configs in place of what the search could not propose."""

import numpy as np
import pytest

from sweepd.search.errors import NoFeasibleConfig
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.random_draws import new_draws, sample_some, unused_cells


def make_space(parameters, **extras):
    return parse({"method": "random", "parameters": parameters, "sweepd": extras}).space


def draw(space, used=frozenset(), n=4, seconds=60.0):
    return sample_some(space, np.random.default_rng(3), used, n, seconds)


def test_as_many_different_ones_as_are_wanted_or_there_are():
    assert len({config["a"] for config in draw(make_space({"a": {"min": 0.0, "max": 1.0}}))}) == 4
    assert sorted(c["a"] for c in draw(make_space({"a": {"values": [1, 2, 3]}}))) == [1, 2, 3]


@pytest.mark.slow
def test_the_last_unused_config_is_found_and_none_after_it():
    space = make_space({"a": {"min": 1, "max": 5000}})
    keys = {space.key({"a": a}) for a in range(1, 5001)}
    assert draw(space, keys - {space.key({"a": 4321})}) == [{"a": 4321}]
    assert draw(space, keys) == []


def test_one_at_least_comes_whatever_the_time():
    assert len(draw(make_space({"a": {"min": 0.0, "max": 1.0}}), seconds=0.0)) == 1


@pytest.mark.slow
def test_constraints_that_nothing_meets_are_named():
    space = make_space({"a": {"min": 0.0, "max": 1.0}}, constraints=["a > 2"])
    with pytest.raises(NoFeasibleConfig, match="a > 2"):
        draw(space)


@pytest.mark.parametrize("repeats", [1, 2, 7])
def test_so_many_used_ones_in_a_row_end_the_draws(repeats):
    space = make_space({"a": {"values": [1, 2]}})
    n_drawn = [0]

    def count(point):
        n_drawn[0] += 1
        return np.array([point])

    used = {space.key({"a": 1})}
    assert list(new_draws(space, lambda: count(0.1), used, repeats)) == []
    assert n_drawn == [repeats]
    way = iter([0.1] * (repeats - 1) + [0.9] + [0.1] * repeats)
    found = list(new_draws(space, lambda: count(next(way)), used, repeats))
    assert found == [{"a": 2}], "one that is new begins the count again"
    assert next(way, None) is None


def test_what_cannot_be_enumerated_has_no_cells():
    rng = np.random.default_rng(0)
    assert unused_cells(make_space({"a": {"min": 0.0, "max": 1.0}}), rng, set()) == []
    assert len(unused_cells(make_space({"a": {"values": [1, 2]}}), rng, set())) == 2
    powers = {"distribution": "q_log_uniform_values", "min": 1, "max": 5, "q": 1}
    found = unused_cells(make_space({"a": powers}), rng, set())
    assert sorted(config["a"] for config in found) == [1, 2, 3, 4, 5], "no grid holds these"
