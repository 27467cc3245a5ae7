"""The median rule."""

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.rules import decide


def test_median_compares_the_best_with_running_means():
    rule = EarlyTerminate("median", min_iter=2, min_runs=3)
    peers = {2: [1.0, 2.0, 4.0]}
    assert decide(rule, Goal.MINIMIZE, [3.0, 5.0], peers).threshold == 2.0
    assert decide(rule, Goal.MINIMIZE, [1.9, 9.0], peers) is None
