"""The Pareto front, against its definition."""

import math

from hypothesis import given
from hypothesis import strategies as st

from sweepd.domain.goals import Goal
from sweepd.search.pareto import front

MIN, MAX = Goal.MINIMIZE, Goal.MAXIMIZE


@given(st.data(), st.integers(2, 3))
def test_the_front_is_what_nothing_dominates(data: st.DataObject, m: int) -> None:
    number = st.integers(-3, 3).map(float) | st.sampled_from([math.nan, math.inf])
    rows = data.draw(st.lists(st.lists(number, min_size=m, max_size=m) | st.just([]), max_size=30))
    goals = data.draw(st.lists(st.sampled_from([MIN, MAX]), min_size=m, max_size=m))

    def dominates(a: list[float], b: list[float]) -> bool:
        pairs = [(g.sign * x, g.sign * y) for g, x, y in zip(goals, a, b, strict=True)]
        return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)

    whole = [i for i, row in enumerate(rows) if row and all(map(math.isfinite, row))]
    expected = [i for i in whole if not any(dominates(rows[j], rows[i]) for j in whole)]
    found = front(rows, goals)
    assert sorted(found) == expected
    firsts = [goals[0].sign * rows[i][0] for i in found]
    assert firsts == sorted(firsts)


def test_goals_turn_the_front_round() -> None:
    rows = [[0.9, 10.0], [0.8, 5.0], [0.7, 7.0], [0.95, 30.0], [0.9, 10.0]]
    assert front(rows, [MAX, MIN]) == [3, 0, 4, 1]
    assert front(rows, [MIN, MAX]) == [2, 0, 4, 3]
    assert front([], [MAX, MIN]) == []
