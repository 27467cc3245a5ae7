"""ASHA decides on rungs."""

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.rules import decide


def test_asha_decides_only_on_a_rung_and_with_enough_runs():
    rule = EarlyTerminate("asha", min_iter=2, eta=2, min_runs=3)
    assert decide(rule, Goal.MINIMIZE, [5.0, 5.0], {2: [1.0, 5.0]}) is None
    assert decide(rule, Goal.MINIMIZE, [5.0, 5.0], {2: [1.0, 2.0, 5.0]}) is not None
    assert decide(rule, Goal.MINIMIZE, [5.0, 5.0, 5.0], {2: [1.0, 2.0, 5.0]}) is None
    assert decide(rule, Goal.MINIMIZE, [5.0, 1.5], {2: [1.0, 2.0, 1.5]}) is None
