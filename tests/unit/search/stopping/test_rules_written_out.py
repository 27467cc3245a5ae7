"""ASHA and the median rule, by brute force; what each counts as reaching a band."""

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.median import DENSE
from sweepd.search.stopping.rules import RULES, band_value, bands, decide, replay

curves_strategy = st.lists(
    st.lists(st.floats(-10, 10), min_size=1, max_size=20), min_size=1, max_size=8
)


def peers_of(rule, goal, curves, n_values):
    return {
        band: [band_value(rule, goal, c, band) for c in curves if len(c) >= band]
        for band in bands(rule, n_values)
    }


def flipped(curves, goal):
    return [[-v for v in c] if goal is Goal.MAXIMIZE else list(c) for c in curves]


@given(curves_strategy, st.sampled_from(Goal), st.sampled_from([2.0, 3.0]), st.integers(1, 4))
def test_asha_agrees_with_the_written_rule(curves, goal, eta, min_runs):
    rule = EarlyTerminate("asha", min_iter=2, eta=eta, min_runs=min_runs)
    run = curves[0]
    peers = peers_of(rule, goal, curves, len(run))
    stop = decide(rule, goal, run, peers)
    lines = flipped(curves, goal)
    rungs = [int(2 * eta**k) for k in range(9)]
    n = len(run)
    expected = False
    if n in rungs:
        best = sorted(min(line[:n]) for line in lines if len(line) >= n)
        if len(best) >= max(min_runs, 2):
            expected = min(lines[0][:n]) > best[math.ceil(len(best) / eta) - 1]
    assert (stop is not None) is expected
    if stop is not None:
        sign = -1 if goal is Goal.MAXIMIZE else 1
        assert (stop.rule, stop.band, stop.bracket) == ("asha", n, 0)
        assert stop.rung == rungs.index(n) and stop.n_runs == len(best)
        assert stop.value == sign * min(lines[0][:n])
        assert stop.threshold == sign * best[math.ceil(len(best) / eta) - 1]


@given(curves_strategy, st.sampled_from(Goal), st.integers(1, 4), st.integers(1, 4))
def test_median_agrees_with_the_written_rule(curves, goal, min_iter, min_runs):
    rule = EarlyTerminate("median", min_iter=min_iter, min_runs=min_runs)
    run = curves[0]
    stop = decide(rule, goal, run, peers_of(rule, goal, curves, len(run)))
    n = len(run)
    means = [statistics.fmean(c[:n]) for c in curves if len(c) >= n]
    expected = False
    if n >= min_iter and len(means) >= max(min_runs, 2):
        middle = statistics.median(means)
        best = max(run) if goal is Goal.MAXIMIZE else min(run)
        expected = best < middle if goal is Goal.MAXIMIZE else best > middle
    assert (stop is not None) is expected
    if stop is not None:
        assert (stop.rule, stop.band, stop.bracket) == ("median", n, 0)
        assert (stop.rung, stop.n_runs) == (n - min_iter, len(means))
        assert (stop.value, stop.threshold) == (best, middle)


@pytest.mark.parametrize(
    ("rule", "n_values", "expected"),
    [
        (EarlyTerminate("asha", min_iter=1, eta=3), 9, (1, 3, 9)),
        (EarlyTerminate("asha", min_iter=1, eta=3), 8, (1, 3)),
        (EarlyTerminate("asha", min_iter=1, eta=3, max_iter=9), 100, (1, 3)),
        (EarlyTerminate("asha", min_iter=1, eta=3, max_iter=10), 100, (1, 3, 9)),
        (EarlyTerminate("asha", min_iter=1, eta=1.1), 4, (1, 2, 3, 4)),
        (EarlyTerminate("asha", eta=2), 4, (1, 2, 4)),
        (EarlyTerminate("median"), 3, (1, 2, 3)),
        (EarlyTerminate("median", min_iter=4), 3, ()),
        (EarlyTerminate("hyperband", min_iter=1, eta=1.2), 4, (1, 2, 3, 4)),
        (EarlyTerminate("hyperband", max_iter=10, s=5, eta=3), 99, (1, 3)),
        (EarlyTerminate("hyperband", max_iter=9, s=1, eta=3), 99, (3,)),
    ],
)
def test_bands(rule, n_values, expected):
    assert bands(rule, n_values) == expected


def test_bands_of_the_median_are_dense_at_first_and_few_in_all():
    rule = EarlyTerminate("median", min_iter=5)
    found = bands(rule, 100_000)
    assert found[: DENSE + 1] == tuple(range(5, 5 + DENSE + 1))
    assert found[DENSE + 1] - found[DENSE] == 2
    assert len(found) < 700
    assert all(b - a <= 1 + (a - 5) / DENSE for a, b in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("name", "value", "compared", "defaults"),
    [
        ("hyperband", 7.0, "value", {}),
        ("asha", 1.0, "best", {"min_iter": 1, "min_runs": 3}),
        ("median", 4.0, "mean", {"min_iter": 5}),
    ],
)
def test_what_each_rule_compares_and_takes(name, value, compared, defaults):
    rule = EarlyTerminate(name, min_iter=1)
    assert band_value(rule, Goal.MINIMIZE, [4.0, 1.0, 7.0], 3) == value
    assert (RULES[name].COMPARED, dict(RULES[name].DEFAULTS)) == (compared, defaults)


def test_hyperband_without_runs_at_the_band_lets_everyone_through():
    rule = EarlyTerminate("hyperband", min_iter=1, eta=2)
    for goal in Goal:
        assert decide(rule, goal, [1.0], {}) is None
    stop = decide(rule, Goal.MINIMIZE, [9.0, 9.0, 9.0], {2: [1.0, 2.0, 9.0]})
    assert (stop.rung, stop.band, stop.n_runs) == (1, 2, 3)


@pytest.mark.parametrize("kind", ["hyperband", "asha", "median"])
def test_a_dry_run_does_as_the_rule_would_have_when_the_numbers_came(kind):
    """Replayed by hand: each value with what was there by then; a stopped run is heard no more."""
    rule = EarlyTerminate(kind, min_iter=2, eta=2, min_runs=2)
    arrivals = [(run, float(i + ord(run))) for i in range(5) for run in "adbc"]
    arrivals += [("e", v) for v in (1e3, 1e3, 0.0)]
    curves, stopped = {}, {}
    for run, value in arrivals:
        if run in stopped:
            continue
        curves.setdefault(run, []).append(value)
        peers = {
            band: [
                band_value(rule, Goal.MINIMIZE, c, band) for c in curves.values() if len(c) >= band
            ]
            for band in bands(rule, len(curves[run]))
        }
        stop = decide(rule, Goal.MINIMIZE, curves[run], peers)
        if stop is not None:
            stopped[run] = (len(curves[run]), stop)
    found = replay(rule, Goal.MINIMIZE, arrivals)
    assert {item.run: (item.n_values, item.stop) for item in found} == stopped
    assert {item.run: item.n_total for item in found} == {
        run: sum(name == run for name, _ in arrivals) for run in stopped
    }
    assert "e" in stopped
