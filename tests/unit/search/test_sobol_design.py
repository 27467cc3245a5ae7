"""The design is the sequence itself, and goes on where it is used up."""

import numpy as np
import pytest
from scipy.stats import qmc

from sweepd.search.grammar.sweep_file import parse
from sweepd.search.sobol import BITS, design_config, sobol_points


def spec_of(parameters, **more):
    return parse({"method": "random", "parameters": parameters, **more})


def test_points_lie_in_the_middle_of_their_steps():
    whole = qmc.Sobol(3, scramble=True, bits=BITS, rng=np.random.default_rng([0x50B01, 5]))
    assert np.array_equal(sobol_points(0, 64, 3, 5) - 2.0**-31, whole.random(64))


def test_a_design_is_the_points_of_the_sequence():
    spec = spec_of({"a": {"min": 0, "max": 99}, "b": {"min": 0, "max": 99}})
    found = [design_config(spec, number, 3, set()) for number in range(8)]
    assert found == [spec.space.decode(point) for point in sobol_points(0, 8, 2, 3)]


@pytest.mark.slow
def test_the_last_one_of_a_space_is_found_and_none_after_it():
    for n in (50, 5000):  # by enumeration; by draws first
        spec = spec_of({"a": {"min": 1, "max": n}})
        keys = {spec.space.key({"a": a}) for a in range(1, n + 1)}
        assert design_config(spec, 0, 0, keys - {spec.space.key({"a": 7})}) == {"a": 7}
        assert design_config(spec, 0, 0, keys) is None


def test_a_space_of_constants_has_one_point_without_coordinates():
    assert sobol_points(0, 4, 0, 1).shape == (4, 0)
    assert design_config(spec_of({"a": {"value": 3}}), 0, 0, set()) == {"a": 3}
