"""Several metrics: one objective per choice, under weights that change."""

import math

import numpy as np
import pytest

from sweepd.domain.goals import Goal
from sweepd.search.bayes.several import joined
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose
from sweepd.search.spec import Metric

LOSS, ACC = Metric("loss"), Metric("acc", Goal.MAXIMIZE)


def run(*objectives):
    return Observation({}, None, "finished", None, objectives)


def values(runs, seed=0):
    return [o.objective for o in joined(runs, [LOSS, ACC], np.random.default_rng(seed))]


@pytest.mark.parametrize("seed", range(5))
def test_who_is_better_in_every_metric_is_better_under_every_weight(seed):
    better, worse, mixed = values([run(1.0, 0.9), run(2.0, 0.8), run(0.5, 0.1)], seed)
    assert better < worse
    assert mixed is not None


def test_weights_reach_either_end_of_the_front():
    runs = [run(1.0, 0.1), run(2.0, 0.5), run(5.0, 0.9)]
    best = {int(np.argmin(values(runs, seed))) for seed in range(40)}
    assert best == {0, 1, 2}


@pytest.mark.parametrize("odd", [(), (1.0,), (1.0, math.nan), (math.inf, 1.0)])
def test_a_run_without_one_of_them_has_no_result(odd):
    assert values([run(1.0, 0.5), run(2.0, 0.6), run(*odd)])[2] is None
    assert values([run(*odd)]) == [None]


def test_asking_for_several_is_asking_for_one_with_the_earlier_ones_pending():
    unit = {"min": 0.0, "max": 1.0}
    metrics = [{"name": "loss"}, {"name": "acc", "goal": "maximize"}]
    spec = parse({"method": "bayes", "metrics": metrics, "parameters": {"x": unit, "y": unit}})
    points = np.random.default_rng(3).random((12, 2)).tolist()
    runs = [
        Observation({"x": x, "y": y}, None, "finished", None, (x + y, x - y)) for x, y in points
    ]
    one_by_one = []
    for _ in range(3):
        one_by_one += propose(spec, runs, one_by_one, 1, 5)
    assert propose(spec, runs, [], 3, 5) == one_by_one


@pytest.mark.slow
def test_the_front_of_two_opposed_metrics_is_found():
    unit = {"min": 0.0, "max": 1.0}
    spec = parse(
        {
            "method": "bayes",
            "metrics": [{"name": "loss"}, {"name": "size"}],
            "parameters": {name: unit for name in "xyz"},
        }
    )
    ended, pending = [], []
    while len(ended) < 24:
        while len(pending) < 2:
            pending += propose(spec, ended, pending, 1, 3)
        c = pending.pop(0)
        off = 1 + 4 * (c["y"] + abs(c["z"] - 0.5))
        ended.append(Observation(c, None, "finished", None, (c["x"], off * (1 - c["x"] / off))))
    near = [
        o.config["x"] for o in ended if o.config["y"] < 0.05 and abs(o.config["z"] - 0.5) < 0.05
    ]
    assert len(near) >= 6 and max(near) - min(near) > 0.5
