"""The contract of every method: bounds, steps, types, seeds, pending runs, finite spaces."""

import json
import math

import numpy as np
import pytest

from sweepd.search.errors import NoFeasibleConfig
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose

BAYES = pytest.param("bayes", marks=pytest.mark.slow)
METHODS = ["random", BAYES, "sobol", "tpe", "cmaes", "nsga2"]
MIXED = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1},
    "drop": {"min": 0.0, "max": 0.8},
    "layers": {"min": 1, "max": 5},
    "batch": {"values": [16, 32, 64]},
    "opt": {"values": ["sgd", "adam", None, True, {"k": 1}]},
    "warm": {"distribution": "q_uniform", "min": 0, "max": 100, "q": 10},
    "wide": {"distribution": "q_log_uniform_values", "min": 8, "max": 512, "q": 8},
    "noise": {"distribution": "normal", "mu": 1, "sigma": 0.1},
    "n": {"parameters": {"c": {"value": "x"}, "b": {"distribution": "beta", "a": 2, "b": 2}}},
}
SMALL = {"a": {"values": [1, 2, 3, 4]}, "b": {"values": ["x", "y", "z"]}}


def make_spec(method, parameters, goal="minimize", **extras):
    if method == "cmaes":
        pytest.importorskip("cmaes")
    if method in ("tpe", "cmaes", "nsga2"):
        pytest.importorskip("optuna")
    sampler = None if method in ("random", "bayes") else method
    return parse(
        {
            "method": method if sampler is None else "bayes",
            "metric": {"name": "loss", "goal": goal},
            "parameters": parameters,
            "sweepd": {**extras, **({"sampler": sampler} if sampler else {})},
        }
    )


def loss(config):
    return math.log10(config["lr"] / 1e-3) ** 2 + config["drop"] + config["layers"] * 0.1


def play(spec, n, objective, workers=1, seed=3):
    """Run a sweep in which `workers` configs are always pending; the oldest finishes first."""
    done, pending = [], []
    for _ in range(n):
        found = propose(spec, done, pending, 1, seed)
        if not found:
            break
        pending += found
        if len(pending) >= workers:
            config = pending.pop(0)
            done.append(Observation(config, objective(config)))
    return done, pending


@pytest.mark.parametrize("method", METHODS)
def test_values_keep_bounds_steps_and_types(method):
    done, pending = play(make_spec(method, MIXED), 16, loss, workers=3)
    assert len(done) + len(pending) == 16
    for config in [o.config for o in done] + pending:
        json.dumps(config)
        assert set(config) == set(MIXED) and set(config["n"]) == {"b", "c"}
        assert type(config["lr"]) is float and 1e-5 <= config["lr"] <= 1e-1
        assert type(config["layers"]) is int and 1 <= config["layers"] <= 5
        assert config["batch"] in (16, 32, 64) and config["opt"] in MIXED["opt"]["values"]
        assert type(config["warm"]) is int and config["warm"] % 10 == 0
        assert type(config["wide"]) is int and config["wide"] % 8 == 0 and config["wide"] >= 8
        assert type(config["noise"]) is float and 0 <= config["n"]["b"] <= 1


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_same_seed_and_results_give_the_same_configs(method):
    first = play(make_spec(method, MIXED), 14, loss, workers=2)
    assert first == play(make_spec(method, MIXED), 14, loss, workers=2)
    assert first != play(make_spec(method, MIXED), 14, loss, workers=2, seed=4)


@pytest.mark.parametrize("method", METHODS)
def test_twelve_cells_twelve_configs_four_workers(method):
    spec = make_spec(method, SMALL, distinct=True)
    done, pending = play(spec, 20, lambda c: c["a"] * (c["b"] == "y"), workers=4)
    keys = [spec.space.key(c) for c in [o.config for o in done] + pending]
    assert len(keys) == len(set(keys)) == 12


@pytest.mark.parametrize("method", METHODS)
def test_what_is_new_comes_first_and_then_repeats(method):
    spec = make_spec(method, SMALL)
    done, pending = play(spec, 15, lambda c: c["a"] * (c["b"] == "y"), workers=2)
    keys = [spec.space.key(c) for c in [o.config for o in done] + pending]
    assert len(keys) >= 15
    if method != "random":  # which draws with replacement from the first
        assert len(set(keys[:12])) == 12


@pytest.mark.parametrize("method", METHODS)
def test_fewer_come_when_a_distinct_space_is_used_up(method):
    spec = make_spec(method, SMALL, distinct=True)
    found = propose(spec, [], [], 30, 0)
    assert len({spec.space.key(config) for config in found}) == len(found) == 12
    assert propose(spec, [Observation(c, 1.0) for c in found], [], 3, 0) == []


@pytest.mark.parametrize("method", METHODS)
def test_agents_asking_at_once_get_different_configs(method):
    spec = make_spec(method, MIXED)
    found = propose(spec, [], [], 8, 0)
    assert len({spec.space.key(config) for config in found}) == 8


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_constraints_and_conditions_hold(method):
    spec = make_spec(
        method,
        {
            "w": {"min": 1, "max": 64},
            "d": {"min": 1, "max": 64},
            "m": {"min": 0.0, "max": 1.0},
            "o": {"values": ["sgd", "adam"]},
        },
        constraints=["w * d <= 256"],
        when={"m": {"o": "sgd"}},
    )
    done, _ = play(spec, 20, lambda c: abs(c["w"] - 16) + c.get("m", 0.5))
    assert len(done) == 20
    for o in done:
        assert o.config["w"] * o.config["d"] <= 256
        assert ("m" in o.config) == (o.config["o"] == "sgd")


@pytest.mark.parametrize("method", METHODS)
def test_tied_parameters_advance_together(method):
    spec = make_spec(
        method,
        {"w": {"values": [8, 16, 32]}, "d": {"values": [1, 2, 3]}, "x": {"min": 0.0, "max": 1.0}},
        zip=[["w", "d"]],
    )
    done, pending = play(spec, 14, lambda c: c["w"] * c["x"], workers=3)
    pairs = {(c["w"], c["d"]) for c in [o.config for o in done] + pending}
    assert pairs == {(8, 1), (16, 2), (32, 3)}


@pytest.mark.parametrize("method", METHODS)
def test_repeats_with_noisy_results_count_once(method):
    """Three runs per config; the search sees one point with their mean, and goes on from it."""
    spec = make_spec(method, SMALL, repeats=3, distinct=True)
    rng = np.random.default_rng(0)
    configs = propose(spec, [], [], 6, 0)
    runs = [Observation(c, c["a"] + 0.5 * rng.standard_normal()) for c in configs for _ in range(3)]
    found = propose(spec, runs, [], 12, 0)
    keys = {spec.space.key(config) for config in [*configs, *found]}
    assert len(found) == 6 and len(keys) == 12


@pytest.mark.slow
@pytest.mark.parametrize("method", ["random", "bayes", "sobol"])
def test_constraints_nobody_can_meet_are_an_error_that_names_them(method):
    spec = make_spec(method, {"a": {"min": 0.0, "max": 1.0}}, constraints=["a > 2"])
    with pytest.raises(NoFeasibleConfig, match="a > 2"):
        propose(spec, [], [], 1, 0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "objectives",
    [
        [None] * 12,
        [math.nan] * 12,
        [1.0] * 12,
        [1.0, math.inf, -math.inf] * 4,
        [1e300, -1e300] * 6,
        [1e-300, 2e-300] * 6,
        [1.0],
    ],
    ids=["none", "nan", "equal", "infinite", "huge", "tiny", "one run"],
)
def test_no_result_breaks_a_proposal(method, objectives):
    spec = make_spec(method, MIXED)
    configs = propose(make_spec("random", MIXED), [], [], len(objectives), 0)
    states = ["finished", "failed", "crashed", "running"] * 4
    runs = [
        Observation(c, y, states[i % 4])
        for i, (c, y) in enumerate(zip(configs, objectives))  # noqa: B905
    ]
    assert len(propose(spec, runs, configs[:1], 2, 0)) == 2


@pytest.mark.parametrize("method", METHODS)
def test_prior_runs_of_another_space_do_no_harm(method):
    spec = make_spec(method, {"a": {"min": 0.0, "max": 1.0}, "b": {"values": ["x", "y"]}})
    old = [{"a": 7.5, "b": "x"}, {"a": 0.2, "b": "gone"}, {"a": "text"}, {}, {"a": None, "b": "y"}]
    runs = [Observation(config, float(i)) for i, config in enumerate(old * 3)]
    assert len(propose(spec, runs, old, 2, 0)) == 2


@pytest.mark.parametrize("method", METHODS)
def test_a_space_of_constants_has_one_config(method):
    spec = make_spec(method, {"a": {"value": 3}}, distinct=True)
    assert propose(spec, [], [], 3, 0) == [{"a": 3}]


@pytest.mark.slow
@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_bayes_beats_random_on_a_known_function(goal):
    sign = 1 if goal == "minimize" else -1
    parameters = {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}}

    def best(method):
        found = []
        for seed in range(3):
            spec = make_spec(method, parameters, goal)
            done, _ = play(
                spec, 25, lambda c: sign * ((c["x"] - 0.3) ** 2 + (c["y"] - 0.8) ** 2), seed=seed
            )
            found.append(min(sign * o.objective for o in done))
        return np.mean(found)

    assert best("bayes") < 0.05 * best("random")


@pytest.mark.slow
def test_bayes_is_quick_and_remembers_the_best_of_ten_thousand():
    spec = make_spec("bayes", {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}})
    rng = np.random.default_rng(0)
    runs = [
        Observation(c, 1.0 + (c["x"] - 0.123) ** 2 + (c["y"] - 0.77) ** 2)
        for c in ({"x": float(x), "y": float(y)} for x, y in rng.random((10_000, 2)))
    ]
    found = propose(spec, runs, [], 1, 0)[0]
    assert abs(found["x"] - 0.123) < 0.05 and abs(found["y"] - 0.77) < 0.05
