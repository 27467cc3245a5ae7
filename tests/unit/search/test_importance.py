"""Importance finds what matters, says how sure it is, and stays silent when it cannot know."""

import numpy as np
import pytest
from scipy import stats

from sweepd.search.forest import bin_columns, cut_columns, grow, tree_predict
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.importance import importance, spearman
from sweepd.search.random_draws import sample

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
    constant = parse({"method": "random", "parameters": {"a": {"value": 1}}}).space
    assert importance(constant, [{"a": 1}] * 30, y) == []


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


def test_what_never_changes_has_no_correlation():
    x = np.arange(9.0)
    assert spearman(np.ones(9), x) == spearman(x, np.ones(9)) == (None, None, None)


def test_a_tree_predicts_about_as_well_as_scikit_learns():
    from sklearn.tree import DecisionTreeRegressor

    rng = np.random.default_rng(0)
    X = rng.random((800, 3))
    y = np.sin(6 * X[:, 0]) + X[:, 1]
    bins = bin_columns(X, cut_columns(X[:600]))
    trees = [grow(bins[:600], y[:600], rng) for _ in range(5)]
    ours = np.mean([((tree_predict(tree, bins[600:]) - y[600:]) ** 2).mean() for tree in trees])
    model = DecisionTreeRegressor(max_depth=8, min_samples_leaf=3, max_features=2, random_state=0)
    theirs = ((model.fit(X[:600], y[:600]).predict(X[600:]) - y[600:]) ** 2).mean()
    assert ours < 3 * theirs < 0.1 * y.var()


@pytest.mark.parametrize(
    "wide",
    [
        {"min": 0, "max": 2**63 - 1},
        {"min": 0, "max": 2**64},
        {"min": -(10**30), "max": 10**30},
        {"distribution": "q_uniform", "min": 0, "max": 10**22, "q": 3},
        {"distribution": "q_log_uniform", "min": 0, "max": 70, "q": 1},
        {"distribution": "q_log_uniform_values", "min": 1, "max": 10**30, "q": 1},
    ],
    ids=str,
)
def test_range_of_more_values_than_63_bits_count_is_measured_as_any(wide):
    space = parse({"method": "random", "parameters": {"wide": wide, "y": {"min": 0.0, "max": 1}}})
    rng = np.random.default_rng(0)
    configs = [sample(space.space, rng) for _ in range(40)]
    lines = importance(space.space, configs, [c["y"] for c in configs])
    assert [line.name for line in lines] == ["y", "wide"]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_four_runs_say_nothing_and_perfect_order_has_bounds(sign):
    x = np.arange(4.0)
    assert spearman(x, sign * x) == (pytest.approx(sign), -1.0, 1.0)
    x = np.arange(40.0)
    rho, low, high = spearman(x, sign * x)
    assert rho == pytest.approx(sign)
    assert -1.0 <= low <= high <= 1.0
    assert low > 0.999 if sign > 0 else high < -0.999
