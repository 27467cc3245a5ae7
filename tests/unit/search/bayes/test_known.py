"""Which places are taken."""

import numpy as np
import pytest

from sweepd.search.bayes.known import COARSE, RESOLUTION, Known
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse

SPACE = {"c": {"values": ["a", "b"]}, "x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}}


@pytest.fixture
def known():
    coordinates = Coordinates(parse({"method": "random", "parameters": SPACE}).space)
    return Known(coordinates, [{"c": "a", "x": 0.5, "y": 0.25}, {"c": "b", "x": 0.1, "y": 0.1}])


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ([0.0, 0.5, 0.25], True),
        ([1.0, 0.5, 0.25], False),
        ([0.0, 0.5 + 0.9 * RESOLUTION, 0.25 - 0.9 * RESOLUTION], True),
        ([0.0, 0.5 + 1.1 * RESOLUTION, 0.25], False),
        ([0.0, 0.5, 0.25 - 1.1 * RESOLUTION], False),
        ([1.0, 0.1, 0.1], True),
        ([0.0, 0.1, 0.1], False),
        ([0.0, 0.5, 0.1], False),
    ],
)
def test_a_place_is_taken_when_all_of_it_is(known, point, expected):
    assert known.has(np.array(point)) is expected


def test_how_close_is_too_close_may_change_between_looks(known):
    near = np.array([0.0, 0.5 + 0.9 * COARSE, 0.25])
    assert not known.has(near)
    known.resolution = COARSE
    assert known.has(near)


def test_places_are_taken_one_by_one_from_none_on(known):
    nothing = Known(Coordinates(parse({"method": "random", "parameters": SPACE}).space), [])
    point = np.array([1.0, 0.9, 0.9])
    for one in (known, nothing):
        assert not one.has(point)
        one.add({"c": "b", "x": 0.9, "y": 0.9})
        assert one.has(point)
    assert known.has(np.array([0.0, 0.5, 0.25]))
