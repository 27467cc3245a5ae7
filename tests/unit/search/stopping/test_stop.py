"""Why a run was stopped."""

from dataclasses import replace

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.rules import decide

HYPERBAND = EarlyTerminate("hyperband", min_iter=3, eta=3)


def test_a_stop_says_why():
    stop = decide(HYPERBAND, Goal.MAXIMIZE, [0.1, 0.1, 0.1], {3: [0.1, 0.9, 0.8, 0.7]})
    assert stop.reason == (
        "hyperband (bracket 0, rung 0): 0.1 is below the threshold 0.8 of iteration 3, "
        "set by 4 runs"
    )
    assert replace(stop, n_runs=1).reason.endswith("set by 1 run")
