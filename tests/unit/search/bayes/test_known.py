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


def test_a_config_without_a_parameter_is_told_from_the_others_by_those_it_has():
    parameters = {
        "kind": {"values": ["a", "b"]},
        "of_a": {"min": 0.0, "max": 1.0},
        "of_b": {"min": 0.0, "max": 1.0},
    }
    extras = {"when": {"of_a": "kind == 'a'", "of_b": "kind == 'b'"}}
    raw = {"method": "random", "parameters": parameters, "sweepd": extras}
    coordinates = Coordinates(parse(raw).space)
    rng = np.random.default_rng(0)
    drawn = [{"kind": kind, f"of_{kind}": float(rng.random())} for kind in "ab" * 20]
    middle = {"kind": "b", "of_b": 0.5}  # where it lies is where what is left out would
    known = Known(coordinates, [*drawn, middle, {"kind": "a"}])
    for config in (*drawn, middle):
        point = coordinates.of_configs([config])[0]
        assert known.has(point)
        assert not known.has(point + 0.01 * np.array([0, 1, 1]))
    assert not known.has(np.array([0.0, 0.25, 0.5])) and not known.has(np.array([0.0, 0.5, 0.5]))
    known.add({"kind": "a", "of_a": 0.25})
    assert known.has(np.array([0.0, 0.25, 0.5]))


def test_where_nothing_is_searched_the_first_config_takes_the_place():
    space = parse({"method": "random", "parameters": {"c": {"value": 1}}}).space
    known = Known(Coordinates(space), [])
    assert not known.has(np.empty(0))
    known.add({"c": 1})
    assert known.has(np.empty(0))
