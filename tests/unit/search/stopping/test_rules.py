"""Early termination: bands, thresholds and reasons; W&B's rule by brute force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepd.domain.goals import Goal
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.rules import bands, replay

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


curves_strategy = st.lists(
    st.lists(st.floats(-10, 10), min_size=1, max_size=30), min_size=1, max_size=8
)


@given(curves_strategy, st.sampled_from(["hyperband", "asha", "median"]))
def test_the_best_final_run_alone_is_never_stopped_by_a_dry_run(curves, kind):
    """A run that leads at every iteration passes every rule."""
    rule = EarlyTerminate(kind, min_iter=2, eta=3)
    leader = [-100.0 - i for i in range(30)]
    arrivals = [(str(i), v) for i, c in enumerate(curves) for v in c]
    arrivals += [("leader", v) for v in leader]
    stopped = {item.run for item in replay(rule, Goal.MINIMIZE, arrivals)}
    assert "leader" not in stopped


def test_a_dry_run_counts_what_would_have_been_saved():
    rule = EarlyTerminate("hyperband", min_iter=1, eta=2)
    arrivals = [("a", 1.0), ("b", 2.0), ("c", 3.0), ("c", 3.0), ("c", 3.0)]
    found = replay(rule, Goal.MINIMIZE, arrivals)
    assert [(r.run, r.n_values, r.n_total) for r in found] == [("c", 1, 3)]
