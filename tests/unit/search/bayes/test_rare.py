"""Options of lists that were hardly tried are asked for again where a search has settled."""

from dataclasses import replace

import numpy as np
import pytest

from sweepd.search.bayes.bayes import propose
from sweepd.search.bayes.rare import rarely_tried
from sweepd.search.bayes.settings import DEFAULT
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation

ON, OFF = replace(DEFAULT, rare_every=3), replace(DEFAULT, rare_every=0)
X = {"x": {"min": 0.0, "max": 1.0}}
KINDS = {"kind": {"values": ["a", "b", "c"]}, **X}
NUMBERS = {"y": {"values": [1, 2, 4]}, **X}


def spec_of(parameters, **extras):
    metric = {"name": "loss", "goal": "minimize"}
    raw = {"method": "bayes", "metric": metric, "parameters": parameters, "sweepd": extras}
    return parse(raw)


def settled(n_after, n_of_c=1):
    """Option c tried at a bad place only; and so many results after the best one."""
    configs = [{"kind": "c", "x": 0.95 - 0.1 * i} for i in range(n_of_c)]
    configs += [{"kind": "a", "x": 0.3}]
    configs += [{"kind": "ab"[i % 2], "x": x} for i, x in enumerate(np.linspace(0, 1, n_after))]
    losses = [{"c": 1.0}.get(c["kind"], 0.01) + 0.2 * (c["x"] - 0.3) ** 2 for c in configs]
    losses[n_of_c] = 0.0
    return [Observation(c, y, "finished") for c, y in zip(configs, losses, strict=True)]


def kinds(settings, runs, n=3, **extras):
    found = propose(spec_of(KINDS, **extras), runs, [], n, 0, settings)
    return [config["kind"] for config in found]


def test_of_three_asks_one_is_for_an_option_tried_once_at_a_bad_place():
    assert "c" not in kinds(OFF, settled(10), 6)
    is_rare = [kind == "c" for kind in kinds(ON, settled(10), 6)]
    assert is_rare == [True, False, False, True, False, False]


def test_nothing_is_asked_again_while_new_bests_come():
    assert kinds(ON, settled(7), 3) == kinds(OFF, settled(7), 3)


def test_an_option_with_half_its_share_is_not_rare():
    assert kinds(ON, settled(9, n_of_c=2), 1) == kinds(OFF, settled(9, n_of_c=2), 1) != ["c"]


@pytest.mark.parametrize("parameters", [X, NUMBERS])
def test_without_categories_nothing_changes(parameters):
    runs = [
        Observation({"x": x, "y": 4} if "y" in parameters else {"x": x}, x, "finished")
        for x in np.linspace(0.1, 1, 14)
    ]
    spec = spec_of(parameters)
    assert propose(spec, runs, [], 6, 0, ON) == propose(spec, runs, [], 6, 0, OFF)


def test_where_every_config_of_a_rare_option_is_taken_the_others_are_asked_for():
    parameters = {"kind": {"values": ["a", "b", "c"]}, "size": {"values": list(range(12))}}
    runs = [Observation({"kind": "a", "size": 0}, 0.0, "finished")]
    runs += [
        Observation({"kind": "ab"[i % 2], "size": i}, float(i), "finished") for i in range(1, 11)
    ]
    constraint = ["size < 11 or kind != 'c'", "kind != 'c' or size == 5"]
    runs += [Observation({"kind": "c", "size": 5}, 9.0, "finished")]
    spec = spec_of(parameters, constraints=constraint)
    found = propose(spec, runs, [], 3, 0, ON)
    assert len(found) == 3 and all(config["kind"] != "c" for config in found)


def test_pending_runs_and_failed_ones_are_tries():
    coordinates = Coordinates(spec_of(KINDS).space)
    tried = coordinates.of_configs([{"kind": k, "x": 0.5} for k in "aaaabbbc"])
    points = coordinates.of_configs([{"kind": k, "x": 0.1} for k in "abc"])
    is_rare = rarely_tried(coordinates, tried)
    assert is_rare is not None and is_rare(points).tolist() == [False, False, True]
    assert rarely_tried(coordinates, np.vstack([tried, points[2:]])) is None


def test_a_list_that_is_left_out_is_not_tried():
    parameters = {"kind": {"values": ["a", "b"]}, "of_b": {"values": ["p", "q"]}, **X}
    space = spec_of(parameters, when={"of_b": "kind == 'b'"}).space
    coordinates = Coordinates(space)
    tried = [{"kind": "a", "x": 0.5}] * 4 + [{"kind": "b", "of_b": k, "x": 0.5} for k in "pq"]
    assert rarely_tried(coordinates, coordinates.of_configs(tried)) is None
