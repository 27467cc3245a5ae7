"""Hand-outs, beginnings and ends of runs that wait share a transaction: each is told what it would
be told alone, and one that fails takes no other with it."""

import json
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.runs import Run, RunState
from sweepd.domain.sweeps import CellState, Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.store import cells, objectives, schema, sweep_runs
from tests.conftest import FakeClock, awaited, build_parts
from tests.unit.services.handing_out import (
    beat,
    begin,
    given,
    make_sweep,
    register,
    state_of,
    work_off,
)
from tests.unit.services.together import Deed, together

pytestmark = pytest.mark.both_databases


@pytest.fixture
def sweep(parts: server.Parts, ann: Caller) -> Sweep:
    return make_sweep(parts, ann)


def ask(parts: server.Parts, ann: Caller, agent: int) -> Deed:
    return partial(beat, parts, ann, agent)


def post(parts: server.Parts, ann: Caller, run_id: str, **said: Any) -> Deed:
    """On the event loop, as small posts come; `complete` unless it says otherwise."""
    sent = StreamPost(**{"is_complete": True, "exitcode": 0, **said})
    append = parts.services.history.append_async
    return lambda: awaited(append(ann, ann.name, "p", run_id, sent))


def line(number: int, loss: float) -> Lines:
    return Lines(number, [json.dumps({"_step": number, "loss": loss})])


def found(parts: server.Parts, ann: Caller, run_id: str) -> Run:
    return parts.services.runs.get(ann, None, "p", run_id)


def n_attempts(parts: server.Parts, sweep: Sweep) -> int:
    with parts.core.db.read() as connection:
        query = sa.select(schema.sweeps.c.n_runs).where(schema.sweeps.c.id == sweep.pk)
        return int(connection.execute(query).scalar_one())


def test_hand_outs_take_the_configs_in_order_and_count_them(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    agents = [register(parts, ann, sweep) for _ in range(8)]
    told = together(parts, [ask(parts, ann, agent) for agent in agents], takes_sweep=True)
    handed_out = [commands[0] for commands in told if commands]
    configs = [{"a": a, "b": b} for a in (1, 2, 3) for b in ("x", "y")]
    assert [command.config for command in handed_out] == configs
    assert told[6:] == [[], []]
    fresh = state_of(parts, ann, sweep)
    assert (fresh.n_cells, fresh.n_open, fresh.next_index, n_attempts(parts, sweep)) == (6, 6, 6, 6)
    made = [found(parts, ann, str(command.run_id)) for command in handed_out]
    assert [run.agent_pk for run in made] == agents[:6]
    assert [run.display_name.rsplit("-")[-1] for run in made] == [str(n) for n in range(1, 7)]


def test_an_agent_that_asks_twice_is_given_one_run(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    agent, other = register(parts, ann, sweep), register(parts, ann, sweep)
    asked = [ask(parts, ann, pk) for pk in (agent, other, agent)]
    first, of_other, again = together(parts, asked, takes_sweep=True)
    assert first == again != of_other
    assert state_of(parts, ann, sweep).n_cells == 2


def test_runs_begin_end_and_are_counted(parts: server.Parts, ann: Caller, sweep: Sweep) -> None:
    ids = [given(parts, ann, register(parts, ann, sweep)) for _ in range(6)]
    together(parts, [partial(begin, parts, ann, run) for run in ids], takes_sweep=False)
    assert {found(parts, ann, run).state for run in ids} == {RunState.RUNNING}
    posts = [post(parts, ann, run, history=line(0, n)) for n, run in enumerate(ids)]
    together(parts, posts, takes_sweep=True)
    ended = [found(parts, ann, run) for run in ids]
    assert {run.state for run in ended} == {RunState.FINISHED}
    assert [(run.metric_last, run.history_lines) for run in ended] == [(n, 1) for n in range(6)]
    fresh = state_of(parts, ann, sweep)
    assert (fresh.n_cells, fresh.n_open, fresh.state) == (6, 0, SweepState.FINISHED)
    with parts.core.db.read() as connection:
        assert {cell.state for cell in cells.list_cells(connection, sweep.pk)} == {CellState.DONE}


def test_what_a_client_says_as_it_begins_is_answered_as_it_is_kept(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    run_id = given(parts, ann, register(parts, ann, sweep))
    change = RunChange(config='{"a": 1}', host="h", program="p", tags=["x", "y"], notes="n")
    upsert = partial(parts.services.runs.upsert, ann, None, "p", run_id, change)
    [(run, inserted)] = together(parts, [upsert], takes_sweep=False)
    assert (run, inserted) == (found(parts, ann, run_id), False)
    assert (run.tags, run.state, run.host) == (("x", "y"), RunState.RUNNING, "h")


def test_a_config_that_goes_back_is_given_to_who_asks_next(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    """Nothing was queued when their transaction began."""
    agents = [register(parts, ann, sweep) for _ in range(3)]
    run_id = given(parts, ann, agents[0])
    begin(parts, ann, run_id)
    preempted = post(parts, ann, run_id, exitcode=1, is_preempting=True)
    deeds = [ask(parts, ann, agents[1]), preempted, ask(parts, ann, agents[2])]
    before, _, after = together(parts, deeds, takes_sweep=True)
    assert (before[0].kind, before[0].config) == ("run", {"a": 1, "b": "y"})
    assert (after[0].kind, after[0].run_id) == ("resume", run_id)


def test_an_agent_whose_run_ends_in_between_is_not_given_it_again(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    agent = register(parts, ann, sweep)
    run_id = given(parts, ann, agent)
    _, [command] = together(
        parts, [post(parts, ann, run_id), ask(parts, ann, agent)], takes_sweep=True
    )
    assert command.run_id != run_id
    assert found(parts, ann, run_id).state is RunState.FINISHED


def test_the_last_end_lets_who_asks_next_leave(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    agent, other = register(parts, ann, sweep), register(parts, ann, sweep)
    ids = [given(parts, ann, register(parts, ann, sweep)) for _ in range(6)]
    deeds = [ask(parts, ann, other), *(post(parts, ann, run) for run in ids)]
    told = together(parts, [*deeds, ask(parts, ann, agent)], takes_sweep=True)
    assert (told[0], [command.kind for command in told[-1]]) == ([], ["exit"])


def test_two_lines_of_a_run_are_counted_one_after_the_other(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    run_id = given(parts, ann, register(parts, ann, sweep))
    lines = [
        post(parts, ann, run_id, history=line(n, 1.0 - n), is_complete=False) for n in range(3)
    ]
    assert together(parts, lines, takes_sweep=False) == [False] * 3
    run = found(parts, ann, run_id)
    assert (run.history_lines, run.metric_min, run.metric_last) == (3, -1.0, -1.0)
    with parts.core.db.read() as connection:
        assert objectives.last_value(connection, run.pk) == (3, -1.0)


def test_one_that_fails_halfway_takes_no_other_with_it(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    agents = [register(parts, ann, sweep) for _ in range(4)]
    bad, good = (given(parts, ann, agent) for agent in agents[:2])
    unstorable = post(parts, ann, bad, summary='{"a": "\ud800"}', history=line(0, 1.0))
    deeds = [
        ask(parts, ann, agents[2]),
        unstorable,
        post(parts, ann, good),
        ask(parts, ann, agents[3]),
    ]
    told = together(parts, deeds, takes_sweep=True)
    assert isinstance(told[1], BadInput)
    assert [told[0][0].config, told[3][0].config] == [{"a": 2, "b": "x"}, {"a": 2, "b": "y"}]
    run, other = found(parts, ann, bad), found(parts, ann, good)
    assert (run.state, run.history_lines) == (RunState.PENDING, 0)
    assert other.state is RunState.FINISHED
    fresh = state_of(parts, ann, sweep)
    assert (fresh.n_cells, fresh.n_open, n_attempts(parts, sweep)) == (4, 3, 4)


def test_who_begins_anew_or_is_new_goes_alone_and_others_with_it(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    ids = [given(parts, ann, register(parts, ann, sweep)) for _ in range(2)]
    awaited_post = post(parts, ann, ids[0], history=line(0, 1.0), is_complete=False)
    awaited_post()
    begins = [partial(begin, parts, ann, run) for run in (*ids, "new")]
    together(parts, begins, takes_sweep=False)
    states = [found(parts, ann, run) for run in (*ids, "new")]
    assert [run.state for run in states] == [RunState.RUNNING] * 3
    assert [run.history_lines for run in states] == [0, 0, 0]


def test_an_id_that_the_project_has_is_not_given_again(
    parts: server.Parts, ann: Caller, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents = [register(parts, ann, sweep) for _ in range(2)]
    begin(parts, ann, "taken")
    drawn = iter(["taken", "taken", "fresh1", "fresh2"])
    monkeypatch.setattr("sweepd.services.sweeps.scheduling.new_short_id", lambda: next(drawn))
    told = together(parts, [ask(parts, ann, agent) for agent in agents], takes_sweep=True)
    assert [commands[0].run_id for commands in told] == ["fresh1", "fresh2"]


def test_what_automations_ask_about_is_told_of_each(
    parts: server.Parts, ann: Caller, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then keys are needed at once, and runs are added one by one."""
    monkeypatch.setattr("sweepd.store.happenings.asked_of_runs", lambda _: (True, True))
    agents = [register(parts, ann, sweep) for _ in range(3)]
    told = together(parts, [ask(parts, ann, agent) for agent in agents], takes_sweep=True)
    ids = [str(commands[0].run_id) for commands in told]
    together(parts, [post(parts, ann, run) for run in ids], takes_sweep=True)
    assert {found(parts, ann, run).state for run in ids} == {RunState.FINISHED}


def test_replicas_hand_out_each_config_once(
    tmp_path: Path, clock: FakeClock, postgresql_url: str
) -> None:
    """Two servers on one PostgreSQL, whose agents all work at once."""
    servers = [build_parts(tmp_path / str(n), clock, postgresql_url) for n in range(2)]
    servers[0].services.users.add_user("ann")
    ann = servers[0].services.users.get_caller("ann")
    text = "method: grid\nprogram: t\nparameters: {a: {min: 1, max: 60}}\n"
    sweep = make_sweep(servers[0], ann, text)
    agents = [(server, register(server, ann, sweep)) for server in servers for _ in range(5)]
    done: list[str] = []

    def work(server: server.Parts, agent: int) -> None:
        done.extend(work_off(server, ann, agent))

    threads = [threading.Thread(target=work, args=pair) for pair in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fresh = state_of(servers[1], ann, sweep)
    assert (fresh.state, fresh.n_cells, fresh.n_open) == (SweepState.FINISHED, 60, 0)
    with servers[0].core.db.read() as connection:
        kept = cells.list_cells(connection, sweep.pk)
        assert sorted(json.loads(cell.config)["a"] for cell in kept) == list(range(1, 61))
        assert len(done) == len(sweep_runs.list_sweep_runs(connection, sweep.pk)) == 60
    for one in servers:
        one.core.db.close()
