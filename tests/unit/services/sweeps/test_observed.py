"""What the search is told of a sweep's runs: every config once, whatever became of its attempts."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sweepd.domain.goals import Goal
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import SweepPoint
from sweepd.search.spec import Metric
from sweepd.services.sweeps.observed import known

AT = datetime(2026, 1, 1, tzinfo=UTC)


def point(state: RunState, *values: float, a: int = 1) -> SweepPoint:
    """A run of config `a` that logged these values."""
    return SweepPoint(
        pk=1,
        run_id="r",
        display_name="r",
        state=state,
        stop_reason=None,
        stop_origin=None,
        config=json.dumps({"a": a}),
        summary="{}",
        metric_last=values[-1] if values else None,
        metric_min=min(values, default=None),
        metric_max=max(values, default=None),
        n_history=len(values),
        attempt=1,
        agent=None,
        created_at=AT,
        started_at=None,
        ended_at=None,
    )


def tell(
    points: list[SweepPoint], *open_: int, goal: Goal = Goal.MINIMIZE
) -> tuple[list[Any], list[dict[str, Any]]]:
    """What becomes of the points and of the open configs: (state, objective, latest), pending."""
    counted = Counter(json.dumps({"a": a}) for a in open_)
    found, pending = known(points, counted, goal)
    return [(o.state, o.objective, o.latest) for o in found], pending


@pytest.mark.parametrize(("goal", "best"), [(Goal.MINIMIZE, 1.0), (Goal.MAXIMIZE, 5.0)])
def test_the_best_and_the_last_value_are_told(goal: Goal, best: float) -> None:
    found, pending = tell([point(RunState.FINISHED, 5.0, 1.0, 3.0)], goal=goal)
    assert (found, pending) == ([("finished", best, 3.0)], [])


def test_a_killed_run_with_a_value_counts_as_stopped() -> None:
    assert tell([point(RunState.KILLED, 5.0)])[0] == [("stopped", 5.0, 5.0)]
    assert tell([point(RunState.KILLED)])[0] == [("killed", None, None)]


@pytest.mark.parametrize(
    ("started", "ended", "seconds"),
    [(0, 90, 90.0), (None, 90, None), (0, None, None), (90, 0, 0.0)],
)
def test_how_long_a_run_took_is_told_where_both_ends_are_known(
    started: int | None, ended: int | None, seconds: float | None
) -> None:
    """Also of a clock that was set back between them."""
    at = [None if s is None else AT + timedelta(seconds=s) for s in (started, ended)]
    run = replace(point(RunState.FINISHED, 1.0), started_at=at[0], ended_at=at[1])
    [found], _ = known([run], Counter(), Goal.MINIMIZE)
    assert found.seconds == seconds


@pytest.mark.parametrize("state", [RunState.PENDING, RunState.RUNNING, RunState.PREEMPTING])
def test_a_run_at_work_stands_for_its_open_config(state: RunState) -> None:
    assert tell([point(state)], 1) == ([(state, None, None)], [])
    assert tell([point(state)], 1, 1, 2) == ([(state, None, None)], [{"a": 1}, {"a": 2}])


@pytest.mark.parametrize("state", [RunState.CRASHED, RunState.PREEMPTED, RunState.FAILED])
def test_a_lost_attempt_does_not_count_while_its_config_is_open(state: RunState) -> None:
    assert tell([point(state)], 1) == ([], [{"a": 1}]), "it waits to be handed out again"
    assert tell([point(state), point(RunState.RUNNING)], 1) == ([("running", None, None)], [])
    assert tell([point(state)]) == ([(state, None, None)], []), "nobody will try it again"


@pytest.mark.parametrize("state", [RunState.CRASHED, RunState.FAILED])
def test_a_lost_attempt_does_not_count_beside_a_result(state: RunState) -> None:
    found, pending = tell([point(state), point(RunState.FINISHED, 2.0)])
    assert (found, pending) == ([("finished", 2.0, 2.0)], [])
    others = tell([point(state), point(RunState.FINISHED, 2.0, a=2)])[0]
    assert len(others) == 2, "of another config"


@pytest.mark.parametrize("state", [RunState.CRASHED, RunState.PREEMPTED])
def test_what_a_lost_attempt_logged_is_told_and_stands_for_the_next_attempt(
    state: RunState,
) -> None:
    assert tell([point(state, 4.0)], 1) == ([(state, 4.0, 4.0)], [])


def test_a_failed_attempt_with_a_value_leaves_the_next_one_pending() -> None:
    assert tell([point(RunState.FAILED, 4.0)], 1) == ([("failed", 4.0, 4.0)], [{"a": 1}])


def test_open_configs_without_any_run_are_pending_as_often_as_they_are_open() -> None:
    assert tell([], 1, 2, 2) == ([], [{"a": 1}, {"a": 2}, {"a": 2}])


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ({"loss": 1, "acc": 0.5}, (1.0, 0.5)),
        ({"loss": 1, "acc": {"max": 0.9, "last": 0.4}}, (1.0, 0.9)),
        ({"loss": 1, "acc": {"best": 0.8}}, (1.0, 0.8)),
        ({"loss": 1}, ()),
        ({"loss": 1, "acc": "NaN"}, ()),
        ({"loss": True, "acc": 0.5}, ()),
    ],
    ids=str,
)
def test_of_several_metrics_the_summary_tells(summary: Any, expected: Any) -> None:
    metrics = [Metric("loss"), Metric("acc", Goal.MAXIMIZE)]
    ended = replace(point(RunState.FINISHED), summary=json.dumps(summary))
    found, _ = known([ended], Counter(), Goal.MINIMIZE, metrics)
    assert found[0].objectives == expected
    nested = replace(ended, summary=json.dumps({"a": {"b": 2}}))
    assert known([nested], Counter(), Goal.MINIMIZE, [Metric("a.b")])[0][0].objectives == (2.0,)
