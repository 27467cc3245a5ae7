"""Alerts: repeats within their wait are dropped, the newest come first, strangers see none."""

import pytest

from sweepd import server
from sweepd.domain.errors import NotFound
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from tests.conftest import FakeClock

pytestmark = pytest.mark.both_databases


def test_alerts_are_kept_once_within_their_wait_and_listed_newest_first(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    notices, runs = parts.services.notices, parts.services.runs
    one, two = (runs.upsert(ann, "ann", "p", name, RunChange())[0] for name in ("one", "two"))
    assert notices.alert(one, "loss", "a", "WARN", wait_s=60)
    clock.forward(59)
    assert not notices.alert(one, "loss", "b", "WARN", wait_s=60)
    assert notices.alert(one, "other", "c", "INFO", wait_s=60)
    assert notices.alert(two, "loss", "d", "ERROR", wait_s=60)
    clock.forward(2)
    assert notices.alert(one, "loss", "e", "WARN", wait_s=60)
    assert notices.alert(one, "loss", "f", "WARN", wait_s=0)
    assert [alert.body for alert in notices.of_run(one, 10)] == ["f", "e", "c", "a"]
    project = parts.services.projects.get(ann, "ann", "p")
    assert [alert.body for alert in notices.of_project(project, 10)] == ["f", "e", "d", "c", "a"]
    assert [alert.body for alert in notices.of_project(project, 2)] == ["f", "e"]
    runs.delete(ann, one.pk)
    [left] = notices.of_project(project, 10)
    assert (left.title, left.severity, left.run_id) == ("loss", "ERROR", "two")


def test_alerts_are_seen_by_who_may_see_their_run(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    run = parts.services.runs.upsert(ann, "ann", "p", "r", RunChange())[0]
    parts.services.notices.alert(run, "loss", "a", "WARN", wait_s=0)
    with pytest.raises(NotFound):
        parts.services.runs.get(bob, "ann", "p", "r")
    with pytest.raises(NotFound):
        parts.services.projects.get(bob, "ann", "p")
