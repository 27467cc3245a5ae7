"""Which way is better, for both goals."""

import pytest

from sweepd.domain.goals import Goal


def test_best_and_worse_follow_the_goal() -> None:
    low, high = Goal.MINIMIZE, Goal.MAXIMIZE
    assert (low.best([2.0, 1.0, 3.0]), high.best([2.0, 1.0, 3.0])) == (1.0, 3.0)
    assert (low.extreme(1.0, 3.0), high.extreme(1.0, 3.0)) == (1.0, 3.0)
    assert low.extreme(None, 3.0) is None and high.extreme(1.0, None) is None
    assert [low.is_worse(2.0, other) for other in (1.0, 2.0, 3.0)] == [True, False, False]
    assert [high.is_worse(2.0, other) for other in (1.0, 2.0, 3.0)] == [False, False, True]
    assert [low.reaches(2.0, target) for target in (1.0, 2.0, 3.0)] == [False, True, True]
    assert [high.reaches(2.0, target) for target in (1.0, 2.0, 3.0)] == [True, True, False]


@pytest.mark.parametrize("goal", Goal)
def test_times_the_sign_the_least_is_best(goal: Goal) -> None:
    values = [0.5, -1.0, 2.0]
    assert min(goal.sign * value for value in values) == goal.sign * goal.best(values)
