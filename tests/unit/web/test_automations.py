"""What the page of automations says of one, in words."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sweepd.domain.automations import ActionType, Automation, EventType, ScopeType
from sweepd.web import automations

AT = datetime(2026, 1, 1, tzinfo=UTC)


def made(event: EventType, spec: Any) -> Automation:
    return Automation(
        1,
        1,
        "ann",
        ScopeType.PROJECT,
        1,
        None,
        "name",
        "",
        True,
        event,
        json.dumps(spec),
        ActionType.NO_OP,
        None,
        "{}",
        "ann",
        AT,
        None,
    )


METRIC = {
    "threshold_filter": {
        "name": "loss",
        "agg_op": "AVERAGE",
        "window_size": 5,
        "cmp_op": "$lt",
        "threshold": 0.5,
    },
    "change_filter": {"name": "acc", "change_dir": "DECREASE", "change_amount": 2},
    "zscore_filter": {"name": "acc", "change_dir": "ANY", "threshold": 3},
}


@pytest.mark.parametrize(
    ("event", "kind", "says"),
    [
        (EventType.RUN_METRIC, "threshold_filter", "loss: average of the last 5 < 0.5"),
        (EventType.RUN_METRIC_CHANGE, "change_filter", "acc: falls by 2"),
        (EventType.RUN_METRIC_ZSCORE, "zscore_filter", "acc: changes by 3 standard deviations"),
    ],
)
def test_metrics(event: EventType, kind: str, says: str) -> None:
    assert automations.said(made(event, {"run_metric_filter": {kind: METRIC[kind]}})) == says


@pytest.mark.parametrize("event", list(EventType))
@pytest.mark.parametrize("spec", [{}, [], {"run_metric_filter": 1, "run_state_filter": {}}])
def test_every_event_is_said(event: EventType, spec: Any) -> None:
    assert automations.said(made(event, spec))
