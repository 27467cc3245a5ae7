"""W&B's hyperband, by brute force."""

import math

from hypothesis import given
from hypothesis import strategies as st

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.rules import band_value, bands, decide

HYPERBAND = EarlyTerminate("hyperband", min_iter=3, eta=3)


def peers_of(rule, goal, curves, n_values):
    return {
        band: [band_value(rule, goal, c, band) for c in curves if len(c) >= band]
        for band in bands(rule, n_values)
    }


def test_the_threshold_counts_from_zero():
    """int(1/3 * 3) is 1 or, in floating point, whatever W&B's own expression gives."""
    curves = [[9, 9, 1.0], [9, 9, 2.0], [9, 9, 3.0], [9, 9, 4.0]]
    stops = [
        decide(HYPERBAND, Goal.MINIMIZE, c, peers_of(HYPERBAND, Goal.MINIMIZE, curves, 3))
        for c in curves
    ]
    assert [stop is not None for stop in stops] == [False, False, True, True]
    assert (stops[2].threshold, stops[2].value, stops[2].band, stops[2].rung) == (2.0, 3.0, 3, 0)


def test_strict_judges_the_value_at_the_band_else_the_best_so_far():
    peers = {3: [1.0, 2.0, 5.0]}
    loose = EarlyTerminate("hyperband", min_iter=3, eta=3, strict=False)
    assert decide(HYPERBAND, Goal.MINIMIZE, [1.0, 1.0, 5.0, 0.5], peers) is not None
    assert decide(loose, Goal.MINIMIZE, [1.0, 1.0, 5.0, 0.5], peers) is None


def test_a_run_may_be_stopped_between_bands_when_others_arrive():
    assert decide(HYPERBAND, Goal.MINIMIZE, [3.0] * 4, {3: [3.0]}) is None
    assert decide(HYPERBAND, Goal.MINIMIZE, [3.0] * 5, {3: [1.0, 3.0, 2.0]}) is not None


curves_strategy = st.lists(
    st.lists(st.floats(-10, 10), min_size=1, max_size=30), min_size=1, max_size=8
)


@given(curves_strategy, st.booleans(), st.sampled_from([2.0, 3.0, 2.5]), st.booleans())
def test_hyperband_agrees_with_the_written_rule(curves, strict, eta, maximize):
    rule = EarlyTerminate("hyperband", min_iter=2, eta=eta, strict=strict)
    goal = Goal.MAXIMIZE if maximize else Goal.MINIMIZE
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
