"""What a filter means: each kind of condition on a metric, and what cannot be read."""

import json
from typing import Any

import pytest

from sweepd.domain.automations import EventType
from sweepd.domain.errors import BadInput
from sweepd.services.automations.conditions import Metric, read_filter

THRESHOLD = {"name": "m", "agg_op": None, "window_size": 1, "cmp_op": "$gt", "threshold": 2}
CHANGE = {
    "name": "m",
    "agg_op": None,
    "current_window_size": 1,
    "prior_window_size": 1,
    "change_amount": 2,
    "change_type": "ABSOLUTE",
    "change_dir": "ANY",
}
ZSCORE = {"name": "m", "window_size": 4, "threshold": 2, "change_dir": "ANY"}
KINDS = {
    EventType.RUN_METRIC: ("threshold_filter", THRESHOLD),
    EventType.RUN_METRIC_CHANGE: ("change_filter", CHANGE),
    EventType.RUN_METRIC_ZSCORE: ("zscore_filter", ZSCORE),
}


def read(event: EventType, **changed: Any) -> Metric:
    kind, base = KINDS[event]
    text = json.dumps({"run_filter": '{"$and":[]}', "run_metric_filter": {kind: base | changed}})
    metric = read_filter(event, text).metric
    assert metric is not None
    return metric


def holds(metric: Metric, *values: float) -> bool:
    assert len(values) == metric.n_values
    measured = metric.measure(values)
    return measured is not None and metric.holds(measured)


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [
        ("$gt", False, False, True),
        ("$gte", False, True, True),
        ("$lt", True, False, False),
        ("$lte", True, True, False),
    ],
)
def test_thresholds(operator: str, below: bool, equal: bool, above: bool) -> None:
    metric = read(EventType.RUN_METRIC, cmp_op=operator)
    assert [holds(metric, 1), holds(metric, 2), holds(metric, 3)] == [below, equal, above]


@pytest.mark.parametrize(("name", "expected"), [("MAX", 5), ("MIN", 1), ("AVERAGE", 3)])
def test_windows_are_gathered_up(name: str, expected: float) -> None:
    metric = read(EventType.RUN_METRIC, agg_op=name, window_size=3)
    assert metric.measure((1, 5, 3)) == expected


@pytest.mark.parametrize(
    ("direction", "kind", "rises", "falls"),
    [
        ("ANY", "ABSOLUTE", True, True),
        ("INCREASE", "ABSOLUTE", True, False),
        ("DECREASE", "ABSOLUTE", False, True),
        ("INCREASE", "RELATIVE", True, False),
    ],
)
def test_changes(direction: str, kind: str, rises: bool, falls: bool) -> None:
    metric = read(EventType.RUN_METRIC_CHANGE, change_dir=direction, change_type=kind)
    assert (holds(metric, 1, 3), holds(metric, 3, 1)) == (rises, falls)
    assert not holds(metric, 1, 1)


def test_a_change_from_nothing_has_no_share() -> None:
    assert not holds(read(EventType.RUN_METRIC_CHANGE, change_type="RELATIVE"), 0, 100)


def test_windows_of_a_change_follow_each_other() -> None:
    metric = read(
        EventType.RUN_METRIC_CHANGE, agg_op="AVERAGE", current_window_size=2, prior_window_size=3
    )
    assert metric.measure((1, 1, 1, 4, 6)) == 4


def test_how_far_from_usual() -> None:
    metric = read(EventType.RUN_METRIC_ZSCORE)
    assert holds(metric, 1, 3, 1, 3, 4) and holds(metric, 1, 3, 1, 3, 0)
    assert not holds(metric, 1, 3, 1, 3, 3.9)
    assert not holds(metric, 1, 1, 1, 1, 100)  # there is no usual spread to compare with
    assert not holds(read(EventType.RUN_METRIC_ZSCORE, change_dir="INCREASE"), 1, 3, 1, 3, 0)


def test_older_clients_say_the_threshold_in_its_own_field() -> None:
    text = json.dumps({"run_filter": "{}", "metric_filter": json.dumps(THRESHOLD)})
    found = read_filter(EventType.RUN_METRIC, text).metric
    assert found is not None and found.name == "m"


@pytest.mark.parametrize(
    ("event", "changed", "says"),
    [
        (EventType.RUN_METRIC, {"name": ""}, "names a metric"),
        (EventType.RUN_METRIC, {"cmp_op": "$eq"}, "cmp_op is one of"),
        (EventType.RUN_METRIC, {"cmp_op": ["$gt"]}, "cmp_op is one of"),
        (EventType.RUN_METRIC, {"agg_op": "MEDIAN"}, "agg_op is one of"),
        (EventType.RUN_METRIC, {"threshold": "2"}, "threshold is a finite number"),
        (EventType.RUN_METRIC, {"threshold": True}, "threshold is a finite number"),
        (EventType.RUN_METRIC, {"window_size": 0}, "window_size is a whole number"),
        (EventType.RUN_METRIC, {"window_size": 10**9}, "window_size is a whole number"),
        (EventType.RUN_METRIC_CHANGE, {"change_type": "OTHER"}, "change_type is one of"),
        (EventType.RUN_METRIC_CHANGE, {"change_dir": None}, "change_dir is one of"),
        (EventType.RUN_METRIC_CHANGE, {"change_amount": None}, "change_amount is a finite"),
        (EventType.RUN_METRIC_ZSCORE, {"window_size": 1.5}, "window_size is a whole number"),
    ],
)
def test_what_cannot_be_read_is_refused(
    event: EventType, changed: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        read(event, **changed)


@pytest.mark.parametrize(
    ("event", "text", "says"),
    [
        (EventType.RUN_METRIC, "[]", "JSON object"),
        (EventType.RUN_METRIC, "{", "should be JSON"),
        (EventType.RUN_METRIC, "{}", "run_metric_filter"),
        (EventType.RUN_STATE, '{"run_state_filter": {"states": []}}', "names states"),
        (EventType.RUN_STATE, '{"run_state_filter": {"states": ["ODD"]}}', "states are"),
        (EventType.RUN_STATE, '{"run_filter": "{\\"$x\\": 1}"}', "unknown operator"),
        (EventType.LINK_ARTIFACT, '{"name": "x"}', "by alias and tag"),
        (EventType.LINK_ARTIFACT, '{"alias": {"$regex": "("}}', "alias"),
    ],
)
def test_other_filters_are_refused(event: EventType, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_filter(event, text)


def test_versions_are_told_by_alias_and_tag() -> None:
    text = '{"$or":[{"$and":[{"alias":{"$eq":"prod"}}]}]}'
    values = read_filter(EventType.LINK_ARTIFACT, text).values
    assert values({"alias": ["latest", "prod"]}) and values({"alias": "prod"})
    assert not values({"alias": ["latest"]}) and not values({"alias": None})
    assert read_filter(EventType.LINK_ARTIFACT, '{"$or":[{"$and":[]}]}').values({})
