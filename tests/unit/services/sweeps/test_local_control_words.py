"""What the local controller is answered, and what it cannot do."""

import json

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState, StopOrigin
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps import local_control
from sweepd.services.sweeps.sweeps import SweepChange
from tests.unit.services.handing_out import (
    GRID,
    beat,
    end,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
)

CONTROLLED = GRID + "controller: {type: local}\n"


def control(parts: server.Parts, ann: Caller, sweep: Sweep, **said: object) -> dict[str, object]:
    change = SweepChange(controller=json.dumps(said))
    answers: dict[str, object] = json.loads(
        parts.services.sweeps.update(ann, sweep.pk, change)[0].scheduler
    )
    return answers


def item(name: str, **args: object) -> dict[str, object]:
    return {"id": name, "data": {"args": {key: {"value": value} for key, value in args.items()}}}


NOTHING_LEFT = {"id": "end", "data": {"args": None}}


def test_controller_without_an_end_keeps_agents_waiting_and_with_one_sends_them_home(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    agent = register(parts, ann, sweep)
    control(parts, ann, sweep, schedule=[item("1", a=1, b="x")])
    end(parts, ann, str(next_run(parts, ann, agent).run_id))
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    assert beat(parts, ann, agent) == []
    answers = control(parts, ann, sweep, schedule=[NOTHING_LEFT])
    assert answers["exhausted"] is True
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED, "nothing runs any more"
    assert [command.kind for command in beat(parts, ann, agent)] == ["exit"]


def test_controller_that_has_more_after_all_goes_on(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    agent = register(parts, ann, sweep)
    control(parts, ann, sweep, schedule=[item("1", a=1, b="x")])
    run = next_run(parts, ann, agent)
    control(parts, ann, sweep, schedule=[NOTHING_LEFT])
    assert "exhausted" not in control(parts, ann, sweep, schedule=[item("2", a=2, b="x")])
    end(parts, ann, str(run.run_id))
    end(parts, ann, str(next_run(parts, ann, agent).run_id))
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING


def test_commands_of_one_request_are_done_once_each_in_order(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    said = [item("1", a=1, b="x"), item("2", a=2, b="x"), item("1", a=3, b="x")]
    answers = control(parts, ann, sweep, schedule=said)
    assert [entry["id"] for entry in answers["scheduled"]] == ["1", "2"]  # type: ignore[attr-defined]
    assert state_of(parts, ann, sweep).controller == json.dumps({"schedule": said})
    agents = [register(parts, ann, sweep) for _ in range(3)]
    runs = [beat(parts, ann, agent) for agent in agents]
    assert [run[0].config for run in runs[:2]] == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    assert runs[2] == []


def test_only_the_last_answers_are_remembered(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_control, "MAX_REMEMBERED", 2)
    sweep = make_sweep(parts, ann, CONTROLLED)
    for name in "123":
        answers = control(parts, ann, sweep, schedule=[item(name, a=1, b="x")])
    assert [entry["id"] for entry in answers["scheduled"]] == ["2", "3"]  # type: ignore[attr-defined]


def test_controller_stops_live_runs_of_its_sweep_once(parts: server.Parts, ann: Caller) -> None:
    sweep, other = make_sweep(parts, ann, CONTROLLED), make_sweep(parts, ann)
    theirs = str(next_run(parts, ann, register(parts, ann, other)).run_id)
    control(parts, ann, sweep, schedule=[item("1", a=1, b="x"), item("2", a=2, b="x")])
    live, done = (str(next_run(parts, ann, register(parts, ann, sweep)).run_id) for _ in "12")
    end(parts, ann, done)
    for _ in range(2):
        control(parts, ann, sweep, earlystop=[live, done, theirs, "nobody", 7])
    found = {name: parts.services.runs.get(ann, None, "p", name) for name in (live, done, theirs)}
    assert [run.stop_requested for run in found.values()] == [True, False, False]
    assert found[live].stop_origin is StopOrigin.RULE
    reason = "the local controller's rule stopped it"
    assert found[live].stop_reason == reason
    stops = [e for e in parts.services.sweeps.events(sweep) if e.kind == "stop"]
    assert [(e.actor, e.message) for e in stops] == [
        ("ann", f"{found[live].display_name} ({live}): {reason}")
    ]


def test_run_a_person_stopped_keeps_that_reason(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    control(parts, ann, sweep, schedule=[item("1", a=1, b="x")])
    run_id = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    run = parts.services.runs.get(ann, None, "p", run_id)
    parts.services.runs.stop(ann, run.pk)
    control(parts, ann, sweep, earlystop=[run_id])
    assert parts.services.runs.get(ann, None, "p", run_id).stop_reason == "stopped by ann"


def test_nothing_said_changes_nothing_of_what_was_answered(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    first = control(parts, ann, sweep, schedule=[item("1", a=1, b="x")])
    assert control(parts, ann, sweep) == first
    assert control(parts, ann, sweep, schedule=None, earlystop=[]) == first


def test_a_refused_command_undoes_those_before_it(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    with pytest.raises(BadInput, match=r"\(a, b\)"):
        control(parts, ann, sweep, schedule=[item("1", a=1, b="x"), item("2")])
    assert parts.services.sweeps.runs(state_of(parts, ann, sweep)) == []
    set_state(parts, ann, sweep, "CANCELED")
    with pytest.raises(BadInput, match="canceled"):
        control(parts, ann, sweep, schedule=[item("3", a=1, b="x")])


def test_queued_run_is_stopped_before_it_begins(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    answers = control(parts, ann, sweep, schedule=[item("1", a=1, b="x")])
    [entry] = answers["scheduled"]  # type: ignore[misc]
    control(parts, ann, sweep, earlystop=[entry["runid"]])  # type: ignore[index]
    run = parts.services.runs.get(ann, None, "p", entry["runid"])  # type: ignore[index]
    assert (run.state, run.stop_requested) == (RunState.PENDING, True)
