"""From runs to what the model is fitted on: imputation, repeats, subset."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepd.domain.goals import Goal
from sweepd.search.bayes.objective import (
    MAX_READ,
    choose_subset,
    gather,
)
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.spec import Metric

SPACE = parse({"method": "random", "parameters": {"a": {"min": 0.0, "max": 1.0}}}).space


def collect(runs, **metric):
    data = gather(Coordinates(SPACE), Metric("loss", **metric), runs, [])
    return dict(zip(data.X[:, 0].tolist(), data.y.tolist(), strict=True)), data


def run(a, objective, state="finished", latest=None):
    return Observation({"a": a}, objective, state, latest)


def test_runs_that_lack_the_same_parameters_are_no_repeats_of_one_another():
    """Of many runs some hundreds are read; all that lacked one number used to be."""
    names = ("a", "b", "c")
    unit = {"min": 0.0, "max": 1.0}
    space = parse(
        {
            "method": "random",
            "parameters": {"kind": {"values": list(names)}, **dict.fromkeys(names, unit)},
            "sweepd": {"when": {name: f"kind == '{name}'" for name in names}},
        }
    ).space
    rng = np.random.default_rng(0)
    runs = [
        Observation({"kind": names[i % 3], names[i % 3]: x}, x)
        for i, x in enumerate(rng.random(1500).tolist())
    ]
    assert len(gather(Coordinates(space), Metric("loss"), runs, []).y) == MAX_READ


@pytest.mark.parametrize(("impute", "expected"), [("worst", 9.0), ("best", 2.0), ("latest", 3.0)])
def test_a_failed_run_counts_as_the_file_says(impute, expected):
    found, _ = collect([run(0.1, 1.0), run(0.2, 9.0), run(0.3, 2.0, "failed", 3.0)], impute=impute)
    assert found == {0.1: 1.0, 0.2: 9.0, 0.3: expected}


def test_a_finished_run_without_a_number_counts_as_the_worst_where_the_file_says_so():
    runs = [run(0.1, 1.0), run(0.2, 4.0), run(0.3, None), run(0.4, float("nan"))]
    found, _ = collect(runs, impute="worst")
    assert found == {0.1: 1.0, 0.2: 4.0, 0.3: 4.0, 0.4: 4.0}


@pytest.mark.parametrize("impute", ["model", "ignore"])
@pytest.mark.parametrize(
    ("state", "value", "is_failure"),
    [
        ("failed", None, True),
        ("failed", 0.5, True),
        ("crashed", None, True),
        ("finished", None, True),
        ("finished", math.nan, True),
        ("finished", 1e30, True),
        ("killed", None, False),
        ("preempted", None, False),
        ("stopped", None, False),
    ],
)
def test_nothing_is_made_up_for_a_run_without_a_result(state, value, is_failure, impute):
    runs = [run(a, a) for a in (0.1, 0.2, 0.25, 0.4, 0.5)]
    found, data = collect([*runs, run(0.3, value, state)], impute=impute)
    assert 0.3 not in found and [0.3] not in data.pending.tolist()
    is_told = impute == "model" or value == 1e30
    assert data.failed.tolist() == ([[0.3]] if is_failure and is_told else [])


def test_a_run_stopped_early_keeps_its_own_number():
    assert collect([run(0.1, 1.0), run(0.2, 0.5, "stopped")])[0] == {0.1: 1.0, 0.2: 0.5}


def test_a_running_one_is_pending_unless_the_file_says_otherwise():
    runs = [run(0.1, 1.0), run(0.2, 0.4, "running")]
    found, data = collect(runs)
    assert found == {0.1: 1.0} and data.pending.tolist() == [[0.2]]
    assert collect(runs, impute_while_running="best")[0] == {0.1: 1.0, 0.2: 0.4}


OWN, LATEST, WORST = 2.0, 3.0, 9.0
IMPUTED = [
    # state, has its own number, has a latest one, impute, impute_while_running, counts as
    ("running", True, True, "worst", "false", None),
    ("running", True, True, "worst", "worst", WORST),
    ("running", True, True, "worst", "best", OWN),
    ("running", True, True, "worst", "latest", LATEST),
    ("running", True, False, "worst", "latest", OWN),
    ("running", False, False, "worst", "best", None),
    ("running", False, False, "worst", "latest", None),
    ("running", False, False, "best", "worst", WORST),
    ("stopped", True, True, "worst", "false", OWN),
    ("stopped", True, True, "latest", "worst", OWN),
    ("stopped", False, False, "worst", "false", WORST),
    ("stopped", False, False, "best", "best", WORST),
    ("finished", True, True, "latest", "worst", OWN),
    ("failed", True, True, "worst", "best", WORST),
    ("failed", True, True, "best", "worst", OWN),
    ("failed", True, True, "latest", "worst", LATEST),
    ("failed", True, False, "latest", "worst", OWN),
    ("failed", False, False, "best", "false", WORST),
    ("crashed", True, True, "worst", "best", WORST),
    ("crashed", False, True, "latest", "false", LATEST),
]


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize(("state", "own", "latest", "impute", "running", "expected"), IMPUTED)
def test_what_a_run_counts_as(state, own, latest, impute, running, expected, goal):
    """A table of every state; a run still running never makes the worst worse."""
    sign = -1 if goal == "maximize" else 1
    odd = run(0.3, sign * OWN if own else None, state, sign * LATEST if latest else None)
    others = [run(0.1, sign * 1.0), run(0.2, sign * WORST), run(0.4, sign * 99.0, "running")]
    found, data = collect([*others, odd], impute=impute, impute_while_running=running, goal=goal)
    assert found.get(0.3) == expected
    assert ([0.3] in data.pending.tolist()) == (expected is None)


def test_maximising_turns_the_sign():
    runs = [run(0.1, 1.0), run(0.2, None), run(0.3, 5.0)]
    found, _ = collect(runs, goal=Goal.MAXIMIZE, impute="worst")
    assert found == {0.1: -1.0, 0.2: -1.0, 0.3: -5.0}


def test_repeats_become_their_mean():
    found, data = collect([run(0.1, 1.0), run(0.1, 3.0), run(0.2, 5.0)])
    assert found == {0.1: 2.0, 0.2: 5.0} and data.counts.tolist() == [2.0, 1.0]


@given(st.integers(30, 300), st.integers(10, 60), st.integers(0, 99))
def test_a_subset_always_holds_the_best(n, size, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.random((n, 3)), rng.random(n)
    found = choose_subset(X, y, np.array([False, False, True]), size)
    assert len(set(found.tolist())) == len(found) == min(n, size)
    assert set(np.argsort(y)[: min(n, size) // 2]) <= set(found.tolist())


def test_a_subset_holds_the_best_those_near_the_best_of_all_and_some_of_each_rank():
    y = np.arange(100.0)
    X = np.linspace(0.0, 1.0, 100)[:, None]
    X[0] = 0.7  # the best lies among the middling
    chosen = choose_subset(X, y, np.zeros(1, dtype=bool), 40).tolist()
    assert len(chosen) == 40 and chosen == sorted(set(chosen))
    assert set(range(20)) < set(chosen), "half are the best"
    assert set(range(65, 74)) < set(chosen), "a quarter lie near the best"
    left = sorted(set(range(20, 100)) - set(range(64, 75)))
    assert left[0] in chosen and 99 in chosen, "from the first of the rest to the last"
