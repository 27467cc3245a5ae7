"""No config goes out twice where there is room for another, and long lists cost what they hold."""

import math

import numpy as np
import pytest

from sweepd.search import dimension, parameter
from sweepd.search.bayes.known import COARSE, RESOLUTION, Known
from sweepd.search.bayes.objective import MAX_READ, gather
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose

UNIT = {"distribution": "uniform", "min": 0.0, "max": 1.0}


def spec_of(parameters, goal="minimize"):
    return parse(
        {
            "method": "bayes",
            "metric": {"name": "loss", "goal": goal},
            "parameters": parameters,
        }
    )


def asked(spec, objective, n, workers=4, seed=0):
    """Configs handed out, `workers` of them pending at any time."""
    ended, pending = [], []
    while len(ended) < n:
        while len(pending) < workers:
            pending += propose(spec, ended, pending, 1, seed)
        config = pending.pop(0)
        ended.append(Observation(config, objective(config)))
    return [run.config for run in ended]


def n_apart(spec, configs, distance):
    coordinates = Coordinates(spec.space)
    known = Known(coordinates, [])
    known.resolution = distance
    count = 0
    for config, point in zip(configs, coordinates.of_configs(configs), strict=True):
        if not known.has(point):
            count += 1
            known.add(config)
    return count


EDGES = {
    "corner": (
        {"x": UNIT, "y": UNIT, "z": UNIT},
        lambda c: c["x"] + 2 * c["y"] - c["z"],
    ),
    "edge among lists": (
        {"x": UNIT, "n": {"values": [1, 2, 3]}, "kind": {"values": ["a", "b"]}},
        lambda c: round(c["x"] - c["n"] + (c["kind"] == "b"), 2),
    ),
    "flat but for one side": ({"x": UNIT, "y": UNIT}, lambda c: max(0.1, c["x"])),
    "all the same": ({"x": UNIT, "y": UNIT}, lambda c: 1.0),
    "log scale": (
        {"x": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1.0}, "y": UNIT},
        lambda c: math.log(c["x"]) + c["y"],
    ),
    "normal": (
        {"x": {"distribution": "normal", "mu": 0.0, "sigma": 1.0}, "y": UNIT},
        lambda c: -c["x"] + c["y"],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EDGES)
def test_a_continuous_space_never_gets_one_config_twice(name):
    parameters, objective = EDGES[name]
    spec = spec_of(parameters)
    configs = asked(spec, objective, 40)
    assert n_apart(spec, configs, RESOLUTION / 2) == 40
    assert n_apart(spec, configs, COARSE / 2) >= 30


def test_one_ask_for_many_gives_as_many_different_configs():
    spec = spec_of({"x": UNIT, "y": UNIT})
    ended = [Observation({"x": x, "y": y}, x + y) for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0)]
    found = propose(spec, ended, [], 8, 3)
    assert n_apart(spec, found + [run.config for run in ended], RESOLUTION / 2) == 17


def test_numbers_far_closer_than_the_noise_are_one_place():
    coordinates = Coordinates(spec_of({"x": UNIT, "kind": {"values": ["a", "b"]}}).space)
    known = Known(coordinates, [{"x": 0.9, "kind": "b"}, {"x": 0.5, "kind": "a"}])
    near, other = coordinates.of_configs([{"x": 0.5005, "kind": k} for k in "ab"])
    assert not known.has(near)
    known.resolution = COARSE
    assert known.has(near)
    assert not known.has(other)
    known.add({"x": 0.5, "kind": "b"})
    assert known.has(other)


@pytest.mark.slow
def test_a_bowl_on_a_normal_parameter_is_found_as_on_a_uniform_one():
    spec = spec_of(
        {name: {"distribution": "normal", "mu": 0.0, "sigma": 1.0} for name in ("x", "y")}
    )
    configs = asked(spec, lambda c: (c["x"] - 1.8) ** 2 + (c["y"] + 2.1) ** 2, 40)
    assert min((c["x"] - 1.8) ** 2 + (c["y"] + 2.1) ** 2 for c in configs) < 1e-3


@pytest.mark.parametrize(
    "rule",
    [
        {"distribution": "normal", "mu": 3.0, "sigma": 2.0},
        {"distribution": "log_normal", "mu": 0.0, "sigma": 1.0},
        {"distribution": "q_normal", "mu": 0.0, "sigma": 4.0, "q": 0.5},
        {"distribution": "beta", "a": 2, "b": 5},
        {"distribution": "beta", "a": 0.5, "b": 0.5},
    ],
    ids=str,
)
def test_points_of_stretched_kinds_go_there_and_back(rule):
    coordinates = Coordinates(spec_of({"x": rule}).space)
    for at in np.linspace(0.01, 0.99, 23):
        config = coordinates.to_config(np.array([at]))
        again = coordinates.of_configs([config])
        assert coordinates.to_config(again[0])["x"] == pytest.approx(config["x"], rel=1e-6)
    middle = coordinates.from_cube(np.array([[0.25], [0.75]]))
    assert 0 < middle[0, 0] < middle[1, 0] < 1


@pytest.mark.parametrize("kind", ["numbers", "texts", "tied"])
def test_a_long_list_is_read_once_not_once_per_value(kind, monkeypatch):
    n = 500
    calls = 0
    plain_content = parameter.content

    def counted(value):
        nonlocal calls
        calls += 1
        return plain_content(value)

    monkeypatch.setattr(parameter, "content", counted)
    monkeypatch.setattr(dimension, "content", counted)
    values = [f"v{i}" for i in range(n)] if kind == "texts" else list(range(n))
    parameters = {"x": {"values": values}, "y": UNIT}
    raw = {"method": "bayes", "metric": {"name": "loss"}, "parameters": parameters}
    if kind == "tied":
        parameters["z"] = {"values": [str(i) for i in range(n)]}
        raw["sweepd"] = {"zip": [["x", "z"]]}
    spec = parse(raw)
    ended = [
        Observation({"x": values[i], "y": 0.1 * i, "z": str(i)}, float(i % 5)) for i in range(12)
    ]
    assert propose(spec, ended, [], 1, 0)
    assert calls < 10 * n


@pytest.mark.slow
def test_of_thousands_of_runs_few_are_read_whole(monkeypatch):
    n, d = 3000, 40
    n_read = 0
    units = dimension.Dimension.units

    def counted(self, columns):
        nonlocal n_read
        n_read += len(columns[0])
        return units(self, columns)

    monkeypatch.setattr(dimension.Dimension, "units", counted)
    spec = spec_of({f"p{j}": UNIT for j in range(d)})
    rng = np.random.default_rng(0)
    ended = [
        Observation({f"p{j}": float(u) for j, u in enumerate(row)}, float(row.sum()))
        for row in rng.random((n, d))
    ]
    assert propose(spec, ended, [], 1, 0)
    assert n_read < (MAX_READ + 100) * d + 2 * n


def test_the_mean_of_repeats_is_of_all_of_them_however_many_runs_there_are():
    spec = spec_of({"x": UNIT, "n": {"values": [1, 2]}})
    rng = np.random.default_rng(1)
    configs = [{"x": float(rng.random()), "n": 1 + i % 2} for i in range(700)]
    ended = [Observation(c, c["x"] + off) for off in (0.0, 9.0, 3.0) for c in configs]
    data = gather(Coordinates(spec.space), spec.metric, ended, [])
    assert set(data.counts) == {3.0}
    at = spec.space.dimensions[0].name == "n"
    assert data.y == pytest.approx(data.X[:, int(at)] + 4.0)
    assert data.y.min() == pytest.approx(min(c["x"] for c in configs) + 4.0)
