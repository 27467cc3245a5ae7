"""Importance finds what matters, says how sure it is, and stays silent when it cannot know."""

import numpy as np
import pytest
from scipy import stats
from sklearn.tree import DecisionTreeRegressor

from sweepd.domain.goals import Goal
from sweepd.search.forest import bin_columns, cut_columns, grow, tree_predict
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.importance import importance, spearman
from sweepd.search.pareto import pareto_front

PARAMETERS = {
    "big": {"min": 0.0, "max": 1.0},
    "small": {"min": 0.0, "max": 1.0},
    "none": {"min": 0.0, "max": 1.0},
    "kind": {"values": ["a", "b", "c"]},
}


def make_runs(n, seed=0):
    space = parse({"method": "random", "parameters": PARAMETERS}).space
    rng = np.random.default_rng(seed)
    configs = [space.decode(rng.random(4)) for _ in range(n)]
    y = [-4 * c["big"] + 0.5 * c["small"] + 2 * (c["kind"] == "b") for c in configs]
    return space, configs, y


def test_what_matters_comes_first_and_shares_sum_to_one():
    lines = importance(*make_runs(300))
    assert [line.name for line in lines[:2]] == ["big", "kind"]
    assert sum(line.importance for line in lines) == pytest.approx(1, abs=1e-6)
    assert all(line.low <= line.importance <= line.high for line in lines)
    nothing = next(line for line in lines if line.name == "none")
    assert nothing.importance < 0.02


def test_correlation_has_the_users_sign_and_none_for_categories():
    found = {line.name: line for line in importance(*make_runs(300))}
    assert found["big"].correlation < -0.7 and found["big"].correlation_high < 0
    assert found["none"].correlation_low < 0 < found["none"].correlation_high
    assert found["kind"].correlation is None


def test_too_few_runs_or_equal_results_give_no_ranking():
    space, configs, y = make_runs(30)
    assert importance(space, configs[:9], y[:9]) == []
    assert importance(space, configs, [1.0] * 30) == []
    assert importance(space, [], []) == []


def test_runs_without_a_number_are_left_out():
    space, configs, y = make_runs(30)
    lines = importance(space, [*configs, {}, configs[0]], [*y, 1.0, float("nan")])
    assert lines[0].n_runs == 30


def test_same_runs_same_answer():
    assert importance(*make_runs(50)) == importance(*make_runs(50))


def test_rank_correlation_agrees_with_scipy():
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 5, 60).astype(float), rng.random(60)
    assert spearman(x, y)[0] == pytest.approx(stats.spearmanr(x, y).statistic)


def test_a_tree_predicts_about_as_well_as_scikit_learns():
    rng = np.random.default_rng(0)
    X = rng.random((800, 3))
    y = np.sin(6 * X[:, 0]) + X[:, 1]
    bins = bin_columns(X, cut_columns(X[:600]))
    trees = [grow(bins[:600], y[:600], rng) for _ in range(5)]
    ours = np.mean([((tree_predict(tree, bins[600:]) - y[600:]) ** 2).mean() for tree in trees])
    model = DecisionTreeRegressor(max_depth=8, min_samples_leaf=3, max_features=2, random_state=0)
    theirs = ((model.fit(X[:600], y[:600]).predict(X[600:]) - y[600:]) ** 2).mean()
    assert ours < 3 * theirs < 0.1 * y.var()


def test_the_pareto_front_is_what_nothing_beats():
    points = [(1, 5), (2, 4), (2, 6), (3, 3), (1, 5), (float("nan"), 0)]
    assert pareto_front(points, (Goal.MINIMIZE, Goal.MINIMIZE)) == [0, 1, 3, 4]
    assert pareto_front(points, (Goal.MAXIMIZE, Goal.MAXIMIZE)) == [2, 3]
    assert pareto_front([], (Goal.MINIMIZE,)) == []
