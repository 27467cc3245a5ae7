"""Hand-out beyond the plain case: repeats, the breaker, the local controller, edits, deletions."""

import json

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import CellState, Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.store import cells, runs
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    beat,
    begin,
    edit,
    end,
    log,
    make_sweep,
    next_run,
    register,
    say,
    set_state,
    state_of,
    work_off,
)

REPEATED = GRID + "sweepd: {repeats: 3, repeat_as: fold}\n"
TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/home/x/train.py", line {n}, in <module>',
    "ValueError: no data for worker {n}",
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Hand-out promises the same on both databases."""
    is_sqlite = request.param == "sqlite"
    return "" if is_sqlite else str(request.getfixturevalue("postgresql_url"))


def configs(parts: server.Parts, sweep: Sweep) -> list[str]:
    with parts.core.db.read() as connection:
        found = [
            (run.created_at, run.pk, run.cell_pk)
            for run in runs.list_sweep_runs(connection, sweep.pk)
        ]
        by_pk = {cell.pk: cell.config for cell in cells.list_cells(connection, sweep.pk)}
    return [by_pk[pk] for _, _, pk in found if pk is not None]


def fail(parts: server.Parts, ann: Caller, agent: int, clock: FakeClock, *said: str) -> None:
    run = next_run(parts, ann, agent)
    clock.forward(1)
    if said:
        say(parts, ann, str(run.run_id), *said)
    end(parts, ann, str(run.run_id), 1)


def test_repeats_run_each_config_k_times_in_a_row_and_end(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, REPEATED)
    assert sweep.n_configs == 18
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 18
    found = [json.loads(text) for text in configs(parts, sweep)]
    assert [config["fold"] for config in found] == [0, 1, 2] * 6
    assert len({json.dumps(config) for config in found}) == 18
    assert found[0] | {"fold": None} == found[2] | {"fold": None}
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


@pytest.mark.parametrize("method", ["grid", "random"])
def test_cap_holds_in_the_middle_of_repeats_and_raising_it_completes_them(
    parts: server.Parts, ann: Caller, method: str
) -> None:
    text = REPEATED.replace("method: grid", f"method: {method}")
    sweep = make_sweep(parts, ann, text + "run_cap: 4\n")
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 4
    parts.services.sweeps.raise_cap(ann, sweep.pk, 6)
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 2
    folds = [json.loads(text)["fold"] for text in configs(parts, sweep)]
    assert folds == [0, 1, 2, 0, 1, 2]


def test_repeats_are_shown_as_mean_and_interval_and_searched_by_mean(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, REPEATED)
    agent = register(parts, ann, sweep)
    for loss in (1.0, 2.0, 6.0):
        run = next_run(parts, ann, agent)
        log(parts, ann, str(run.run_id), 0, loss)
        end(parts, ann, str(run.run_id))
    [one] = parts.services.sweeps.repeated(sweep)
    assert one.config == {"a": 1, "b": "x"}
    assert one.n_values == 3
    assert one.mean == pytest.approx(3.0)
    # Student's t with 2 degrees of freedom, standard deviation sqrt(7): 4.303 * 2.6458 / sqrt(3)
    assert one.half_width == pytest.approx(6.572, abs=2e-3)


def test_best_run_is_of_the_config_with_the_best_mean(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, REPEATED)
    agent = register(parts, ann, sweep)
    ids = []
    for loss in (0.1, 9.0, 9.0, 2.0, 1.0, 3.0, 0.5):  # the last config lacks repetitions
        run = next_run(parts, ann, agent)
        ids.append(run.run_id)
        log(parts, ann, str(run.run_id), 0, loss)
        end(parts, ann, str(run.run_id))
    best = parts.services.sweeps.best_run(sweep)
    assert best is not None
    assert best.run_id == ids[4]
    means = [item.mean for item in parts.services.sweeps.repeated(sweep)]
    assert means == pytest.approx([2.0, 18.1 / 3, 0.5])


def test_killed_agents_config_goes_out_again_within_two_minutes_and_never_while_its_run_beats(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    lost = next_run(parts, ann, register(parts, ann, sweep))
    beating = next_run(parts, ann, register(parts, ann, sweep))  # its agent dies, its run lives
    other = register(parts, ann, sweep)
    got = []
    for _ in range(24):  # two minutes, looked at every 5 s as the server does
        clock.forward(5)
        log(parts, ann, str(beating.run_id), 0, 1.0)
        parts.leases.expire()
        for command in beat(parts, ann, other):
            if command.kind == "run":
                begin(parts, ann, str(command.run_id))
                end(parts, ann, str(command.run_id))
                got.append(command.config)
    assert lost.config in got
    assert beating.config not in got


def test_fewer_repeats_drop_what_waits_and_more_add(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, REPEATED)
    agent = register(parts, ann, sweep)
    end(parts, ann, str(next_run(parts, ann, agent).run_id))
    edit(parts, ann, sweep, REPEATED.replace("repeats: 3", "repeats: 1"))
    assert len(work_off(parts, ann, agent)) == 5
    edit(parts, ann, sweep, REPEATED.replace("repeats: 3", "repeats: 2"))
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 6


def test_breaker_pauses_after_alike_failures_with_the_traceback(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {breaker: 3}\n")
    agent = register(parts, ann, sweep)
    for n in range(3):
        fail(parts, ann, agent, clock, "loading", *(line.format(n=n) for line in TRACEBACK))
    paused = state_of(parts, ann, sweep)
    assert paused.state is SweepState.PAUSED
    first, *rest = paused.state_reason.splitlines()
    assert first == "3 runs in a row failed alike: ValueError: no data for worker 2"
    assert rest == [line.format(n=2) for line in TRACEBACK]
    [warning] = [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]
    assert "sweepd retry" in warning
    assert beat(parts, ann, agent) == []
    clock.forward(1)
    set_state(parts, ann, sweep, "RUNNING")
    parts.services.sweeps.retry(ann, sweep.pk, ["failed"])
    clock.forward(1)
    fail(parts, ann, agent, clock, *(line.format(n=9) for line in TRACEBACK))
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING, "the streak began anew"
    assert len(work_off(parts, ann, agent)) == 5, "and no config was lost"


def test_different_failures_or_a_success_between_do_not_trip(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {breaker: 2}\n")
    agent = register(parts, ann, sweep)
    fail(parts, ann, agent, clock, "ValueError: a")
    fail(parts, ann, agent, clock, "KeyError: b")
    clock.forward(1)
    end(parts, ann, str(next_run(parts, ann, agent).run_id))
    clock.forward(1)
    fail(parts, ann, agent, clock, "KeyError: b")
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    fail(parts, ann, agent, clock, "KeyError: b")
    assert state_of(parts, ann, sweep).state is SweepState.PAUSED


def test_breaker_catches_scripts_that_die_before_they_start(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann, GRID + "sweepd: {breaker: 2, retries: 0}\n")
    agent = register(parts, ann, sweep)
    for _ in range(6):
        clock.forward(5)
        beat(parts, ann, agent)
    assert state_of(parts, ann, sweep).state is SweepState.PAUSED
    with parts.core.db.read() as connection:
        assert len(runs.list_sweep_runs(connection, sweep.pk)) == 2


CONTROLLED = GRID + "controller: {type: local}\n"


def control(parts: server.Parts, ann: Caller, sweep: Sweep, **wishes: object) -> dict[str, object]:
    change = SweepChange(controller=json.dumps(wishes), config_yaml=sweep.config_yaml)
    changed, _ = parts.services.sweeps.update(ann, sweep.pk, change)
    answers: dict[str, object] = json.loads(changed.scheduler)
    return answers


def test_local_controller_chooses_stops_and_ends(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, CONTROLLED)
    agent = register(parts, ann, sweep)
    assert beat(parts, ann, agent) == [], "the server does not choose"
    wish = {"id": "w1", "data": {"args": {"a": {"value": 2}, "b": {"value": "x"}}}}
    answers = control(parts, ann, sweep, schedule=[wish])
    assert control(parts, ann, sweep, schedule=[wish]) == answers, "said twice, done once"
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
    wishes = [{"id": f"w{n}", "data": {"args": {"a": {"value": n}}}} for n in (1, 2)]
    answers = control(parts, ann, sweep, schedule=wishes)
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


def test_value_taken_out_and_put_back_is_handed_out(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    next_run(parts, ann, agent)
    clock.forward(400)
    parts.leases.expire()  # the first config waits to be handed out again
    edit(parts, ann, sweep, GRID.replace("[1, 2, 3]", "[2, 3]"))
    assert state_of(parts, ann, sweep).n_cells == 0
    edit(parts, ann, sweep, GRID)
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 6
    assert state_of(parts, ann, sweep).n_cells == 6


def test_resuming_a_canceled_sweep_leaves_edited_out_configs_out(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    next_run(parts, ann, register(parts, ann, sweep))
    clock.forward(400)
    parts.leases.expire()
    edit(parts, ann, sweep, GRID.replace("[1, 2, 3]", "[2, 3]"))
    set_state(parts, ann, sweep, "CANCELED")
    set_state(parts, ann, sweep, "RUNNING")
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 4


@pytest.mark.parametrize("keep", [False, True])
def test_deleting_a_run_frees_or_keeps_its_config(
    parts: server.Parts, ann: Caller, keep: bool
) -> None:
    sweep = make_sweep(parts, ann)
    done = work_off(parts, ann, register(parts, ann, sweep))
    run = parts.services.runs.get(ann, None, "p", done[2])
    parts.services.runs.delete(ann, run.pk, keep_config=keep)
    set_state(parts, ann, sweep, "RUNNING")
    again = [] if keep else work_off(parts, ann, register(parts, ann, sweep))
    assert len(again) == (0 if keep else 1)
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED
    if again:
        with parts.core.db.read() as connection:
            fresh = runs.find_run(connection, sweep.project_pk, again[0])
        assert fresh is not None
        assert fresh.cell_pk == run.cell_pk


def test_undeleted_run_takes_its_config_back(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    done = work_off(parts, ann, register(parts, ann, sweep))
    run = parts.services.runs.get(ann, None, "p", done[0])
    parts.services.runs.delete(ann, run.pk)
    parts.services.runs.undelete(ann, run.pk)
    set_state(parts, ann, sweep, "RUNNING")
    assert work_off(parts, ann, register(parts, ann, sweep)) == []


def test_deleting_a_run_of_an_infinite_space_gives_the_cap_its_place_back(
    parts: server.Parts, ann: Caller
) -> None:
    text = "method: random\nrun_cap: 2\nprogram: t.py\nparameters: {a: {min: 0.0, max: 1.0}}\n"
    sweep = make_sweep(parts, ann, text)
    done = work_off(parts, ann, register(parts, ann, sweep))
    run = parts.services.runs.get(ann, None, "p", done[0])
    parts.services.runs.delete(ann, run.pk)
    set_state(parts, ann, sweep, "RUNNING")
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 1
    assert len(set(configs(parts, sweep))) == 2


def test_dry_run_tells_what_a_rule_would_have_stopped(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    ids = []
    for loss in (1.0, 2.0, 5.0, 0.5):
        run = next_run(parts, ann, agent)
        ids.append(run.run_id)
        for step in range(4):
            clock.forward(1)
            log(parts, ann, str(run.run_id), step, loss)
        end(parts, ann, str(run.run_id))
    rule = {"type": "hyperband", "min_iter": 2, "eta": 2}
    stops = parts.services.sweeps.stops(sweep, rule)
    assert [(stop.run, stop.n_values, stop.n_total) for stop in stops] == [(ids[2], 2, 4)]
    assert "threshold" in stops[0].stop.reason
    with pytest.raises(BadInput, match="no `early_terminate`"):
        parts.services.sweeps.stops(sweep)
    with pytest.raises(BadInput, match="early_terminate"):
        parts.services.sweeps.stops(sweep, {"type": "halving"})


def test_downtime_of_the_server_costs_a_silent_run_no_lease(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    run = next_run(parts, ann, agent)
    clock.forward(600)
    parts.core.listening.since = clock()  # as after a restart
    beat(parts, ann, agent)  # the agent is heard before the run's client is
    with parts.core.db.read() as connection:
        found = runs.find_run(connection, sweep.project_pk, str(run.run_id))
        reserved = cells.list_cells(connection, sweep.pk, [CellState.RESERVED])
    assert found is not None
    assert found.state is RunState.RUNNING
    assert found.cell_pk in [cell.pk for cell in reserved]


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
