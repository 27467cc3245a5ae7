"""Which numbers are no results, and which best is not believed."""

import math

import numpy as np
import pytest

from sweepd.search.bayes.outliers import divergence, is_borne_out

PLAIN = np.linspace(0.2, 3.0, 40)


@pytest.mark.parametrize(
    ("odd", "is_told"),
    [
        ([1e30], True),
        ([1e30] * 20, True),
        ([1e5] * 3, True),
        ([1e5] * 30, False),  # as likely a scale of its own
        ([1e30] * 90, False),
        ([4.0, 9.0, 30.0, 200.0, 1e4, 1e7], False),  # a tail without a gap
        ([], False),
    ],
    ids=str,
)
def test_what_lies_beyond_a_gap_has_diverged(odd, is_told):
    assert divergence(np.array([*PLAIN, *odd])) == (min(odd) if is_told else math.inf)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 1e30], [0.0] * 30 + [1.0] * 4])
def test_few_results_and_two_levels_are_no_divergence(values):
    assert divergence(np.array(values, dtype=float)) == math.inf


def test_a_search_that_has_converged_is_no_divergence():
    y = np.exp(-np.linspace(0, 30, 60))
    assert divergence(y) == math.inf


def test_the_best_is_believed_until_runs_beside_it_contradict():
    rng = np.random.default_rng(0)
    X, y = rng.random((20, 2)), rng.random(20)
    X, y = np.vstack([X, [[0.5, 0.5]]]), np.append(y, -50.0)
    number = np.zeros(2, dtype=bool)
    X = X[(np.abs(X - 0.5).max(axis=1) > 0.1) | (y < -1)]
    y = np.append(y[: len(X) - 1], -50.0)
    assert is_borne_out(X, y, number)
    beside = np.array([[0.52, 0.5], [0.5, 0.46], [0.55, 0.55]])
    assert is_borne_out(np.vstack([beside[:2], X]), np.append([0.5, 0.4], y), number)
    assert not is_borne_out(np.vstack([beside, X]), np.append([0.5, 0.4, 0.6], y), number)
    valley = np.append([-20.0, -10.0, 0.6], y)  # they bear it out
    assert is_borne_out(np.vstack([beside, X]), valley, number)
    category = np.array([True, False])
    assert is_borne_out(np.vstack([beside, X]), np.append([0.5, 0.4, 0.6], y), category)


@pytest.mark.parametrize(("n_others", "is_believed"), [(5, True), (6, False)])
def test_few_runs_contradict_nothing(n_others, is_believed):
    X = np.array([[0.5], [0.51], [0.52], [0.53], [0.9], [0.95], [0.99]])[: n_others + 1]
    y = np.array([-100.0, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5])[: n_others + 1]
    assert is_borne_out(X, y, np.zeros(1, dtype=bool)) is is_believed


@pytest.mark.parametrize(("best", "is_believed"), [(-0.98, True), (-1.02, False)])
def test_the_best_is_doubted_beyond_five_times_the_distance_of_the_others(best, is_believed):
    X = np.array([[0.5], [0.51], [0.52], [0.53], [0.9], [0.95], [0.99]])
    y = np.array([best, 0.8, 0.9, 1.0, 1.0, 1.1, 1.2]) - np.array([0, 0.2, 0, 0, 0, 0, 0])
    assert is_borne_out(X, y, np.zeros(1, dtype=bool)) is is_believed
