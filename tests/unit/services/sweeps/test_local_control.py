"""The local controller and schedulers outside choose, stop and end."""

import json

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps.sweeps import SweepChange
from tests.unit.services.handing_out import (
    GRID,
    beat,
    end,
    log,
    make_sweep,
    next_run,
    register,
    state_of,
)

pytestmark = pytest.mark.both_databases


CONTROLLED = GRID + "controller: {type: local}\n"


def control(parts: server.Parts, ann: Caller, sweep: Sweep, **given: object) -> dict[str, object]:
    change = SweepChange(controller=json.dumps(given), config_yaml=sweep.config_yaml)
    changed, _ = parts.services.sweeps.update(ann, sweep.pk, change)
    answers: dict[str, object] = json.loads(changed.scheduler)
    return answers


def test_local_controller_chooses_stops_and_ends(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    agent = register(parts, ann, sweep)
    assert beat(parts, ann, agent) == [], "the server does not choose"
    asked = {"id": "w1", "data": {"args": {"a": {"value": 2}, "b": {"value": "x"}}}}
    answers = control(parts, ann, sweep, schedule=[asked])
    assert control(parts, ann, sweep, schedule=[asked]) == answers, "said twice, done once"
    run = next_run(parts, ann, agent)
    assert answers["scheduled"] == [{"id": "w1", "runid": run.run_id}]
    assert run.config == {"a": 2, "b": "x"}
    control(parts, ann, sweep, earlystop=[run.run_id])
    assert log(parts, ann, str(run.run_id), 0, 1.0), "its client hears that it should stop"
    control(parts, ann, sweep, schedule=[{"id": "w2", "data": {"args": None}}])
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING, "a run still goes on"
    end(parts, ann, str(run.run_id), 255)
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED
    assert [command.kind for command in beat(parts, ann, agent)] == ["exit"]


def test_local_controller_never_exceeds_the_cap(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED + "run_cap: 1\n")
    given = [{"id": f"w{n}", "data": {"args": {"a": {"value": n}}}} for n in (1, 2)]
    answers = control(parts, ann, sweep, schedule=given)
    assert answers["scheduled"] == [{"id": "w1", "runid": answers["scheduled"][0]["runid"]}]  # type: ignore[index]
    with pytest.raises(BadInput, match="run_cap of 1"):
        parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 3})


def test_controller_that_is_no_json_is_refused(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    with pytest.raises(BadInput, match="should be JSON"):
        parts.services.sweeps.update(ann, sweep.pk, SweepChange(controller="{schedule"))


@pytest.mark.parametrize(
    "change",
    [
        SweepChange(controller="[1]"),
        SweepChange(controller='{"schedule": 3}'),
        SweepChange(controller='{"schedule": ["x"]}'),
        SweepChange(controller='{"schedule": [{"id": "a", "data": {"args": [1]}}]}'),
        SweepChange(scheduler="no json"),
        SweepChange(scheduler="[]"),
    ],
)
def test_odd_words_of_a_controller_are_refused_and_heartbeats_go_on(
    parts: server.Parts, ann: Caller, change: SweepChange
) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    agent = register(parts, ann, sweep)
    with pytest.raises(BadInput, match=r"controller|scheduler|scheduled"):
        parts.services.sweeps.update(ann, sweep.pk, change)
    assert beat(parts, ann, agent) == []


def test_scheduler_outside_may_look_ahead_and_the_cap_still_holds(
    parts: server.Parts, ann: Caller
) -> None:
    text = GRID.replace("method: grid", "method: custom") + "scheduler: {engine: optuna}\n"
    sweep = make_sweep(parts, ann, text + "run_cap: 2\n")
    queued = [parts.services.sweeps.enqueue(ann, sweep.pk, {"a": n, "b": "x"}) for n in (1, 2, 3)]
    agent = register(parts, ann, sweep)
    for n in range(2):
        run = next_run(parts, ann, agent)
        assert run.run_id == queued[n].run_id, "first in, first out"
        end(parts, ann, str(run.run_id))
    assert [command.kind for command in beat(parts, ann, agent)] == ["exit"]
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED
    last = parts.services.runs.get(ann, None, "p", queued[2].run_id)
    assert last.state is RunState.KILLED
    assert last.stop_reason == "never handed out: run_cap of 2 reached"
