"""Early termination: bands, thresholds and reasons; W&B's rule by brute force."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.rules import band_value, bands, decide, replay

HYPERBAND = EarlyTerminate("hyperband", min_iter=3, eta=3)


@pytest.mark.parametrize(
    ("rule", "n_values", "expected"),
    [
        (HYPERBAND, 100, (3, 9, 27, 81)),
        (HYPERBAND, 27, (3, 9, 27)),
        (HYPERBAND, 2, ()),
        (EarlyTerminate("hyperband", max_iter=27, s=2, eta=3), 100, (3, 9)),
        (EarlyTerminate("hyperband", max_iter=27, s=9, eta=3), 100, (1, 3, 9)),
        (EarlyTerminate("hyperband", max_iter=27, s=2, eta=3), 8, (3,)),
        (EarlyTerminate("hyperband", min_iter=1, eta=1.5), 6, (1, 2, 3, 5)),
        (EarlyTerminate("asha", min_iter=2, eta=2, max_iter=8), 100, (2, 4)),
        (EarlyTerminate("median", min_iter=5), 7, (5, 6, 7)),
    ],
)
def test_bands(rule, n_values, expected):
    assert bands(rule, n_values) == expected


def peers_of(rule, goal, curves, n_values):
    return {
        band: [band_value(rule, goal, c, band) for c in curves if len(c) >= band]
        for band in bands(rule, n_values)
    }


def test_the_threshold_counts_from_zero():
    """int(1/3 * 3) is 1 or, in floating point, whatever W&B's own expression gives."""
    curves = [[9, 9, 1.0], [9, 9, 2.0], [9, 9, 3.0], [9, 9, 4.0]]
    stops = [
        decide(HYPERBAND, "minimize", c, peers_of(HYPERBAND, "minimize", curves, 3)) for c in curves
    ]
    assert [stop is not None for stop in stops] == [False, False, True, True]
    assert (stops[2].threshold, stops[2].value, stops[2].band, stops[2].rung) == (2.0, 3.0, 3, 0)


def test_strict_judges_the_value_at_the_band_else_the_best_so_far():
    peers = {3: [1.0, 2.0, 5.0]}
    loose = EarlyTerminate("hyperband", min_iter=3, eta=3, strict=False)
    assert decide(HYPERBAND, "minimize", [1.0, 1.0, 5.0, 0.5], peers) is not None
    assert decide(loose, "minimize", [1.0, 1.0, 5.0, 0.5], peers) is None


def test_a_run_may_be_stopped_between_bands_when_others_arrive():
    assert decide(HYPERBAND, "minimize", [3.0] * 4, {3: [3.0]}) is None
    assert decide(HYPERBAND, "minimize", [3.0] * 5, {3: [1.0, 3.0, 2.0]}) is not None


def test_a_stop_says_why():
    stop = decide(HYPERBAND, "maximize", [0.1, 0.1, 0.1], {3: [0.1, 0.9, 0.8, 0.7]})
    assert stop.reason == (
        "hyperband (bracket 0, rung 0): 0.1 is below the threshold 0.8 of iteration 3, "
        "set by 4 runs"
    )


curves_strategy = st.lists(
    st.lists(st.floats(-10, 10), min_size=1, max_size=30), min_size=1, max_size=8
)


@given(curves_strategy, st.booleans(), st.sampled_from([2.0, 3.0, 2.5]), st.booleans())
def test_hyperband_agrees_with_the_written_rule(curves, strict, eta, maximize):
    rule = EarlyTerminate("hyperband", min_iter=2, eta=eta, strict=strict)
    goal = "maximize" if maximize else "minimize"
    run = curves[0]
    lines = [[-v for v in c] if maximize else list(c) for c in curves]
    found = [b for b in (int(2 * eta**k) for k in range(9)) if b <= len(run)]
    expected = False
    if found:
        band = found[-1]
        at = sorted(line[band - 1] for line in lines if len(line) >= band)
        place = int((1 / eta) * len(at))
        limit = at[place] if at else math.inf
        expected = (lines[0][band - 1] if strict else min(lines[0])) > limit
    stop = decide(rule, goal, run, peers_of(rule, goal, curves, len(run)))
    assert (stop is not None) is expected


def test_asha_decides_only_on_a_rung_and_with_enough_runs():
    rule = EarlyTerminate("asha", min_iter=2, eta=2, min_runs=3)
    assert decide(rule, "minimize", [5.0, 5.0], {2: [1.0, 5.0]}) is None
    assert decide(rule, "minimize", [5.0, 5.0], {2: [1.0, 2.0, 5.0]}) is not None
    assert decide(rule, "minimize", [5.0, 5.0, 5.0], {2: [1.0, 2.0, 5.0]}) is None
    assert decide(rule, "minimize", [5.0, 1.5], {2: [1.0, 2.0, 1.5]}) is None


def test_median_compares_the_best_with_running_means():
    rule = EarlyTerminate("median", min_iter=2, min_runs=3)
    peers = {2: [1.0, 2.0, 4.0]}
    assert decide(rule, "minimize", [3.0, 5.0], peers).threshold == 2.0
    assert decide(rule, "minimize", [1.9, 9.0], peers) is None


@given(curves_strategy, st.sampled_from(["hyperband", "asha", "median"]))
def test_the_best_final_run_alone_is_never_stopped_by_a_dry_run(curves, kind):
    """A run that leads at every iteration passes every rule."""
    rule = EarlyTerminate(kind, min_iter=2, eta=3)
    leader = [-100.0 - i for i in range(30)]
    arrivals = [(str(i), v) for i, c in enumerate(curves) for v in c]
    arrivals += [("leader", v) for v in leader]
    stopped = {item.run for item in replay(rule, "minimize", arrivals)}
    assert "leader" not in stopped


def test_a_dry_run_counts_what_would_have_been_saved():
    rule = EarlyTerminate("hyperband", min_iter=1, eta=2)
    arrivals = [("a", 1.0), ("b", 2.0), ("c", 3.0), ("c", 3.0), ("c", 3.0)]
    found = replay(rule, "minimize", arrivals)
    assert [(r.run, r.n_values, r.n_total) for r in found] == [("c", 1, 3)]
