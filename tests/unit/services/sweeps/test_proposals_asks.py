"""What the search process is asked, how often, and what becomes of its answers; none begins."""

import itertools
import json
import os
from types import SimpleNamespace

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.search import process
from sweepd.services.sweeps import proposals as proposing
from sweepd.services.sweeps.proposals import MAX_READY
from sweepd.services.sweeps.turns import Lane
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    edit,
    end,
    log,
    make_sweep,
    register,
    set_state,
    state_of,
)
from tests.unit.services.sweeps.asks import BAYES, Search, value, warnings
from tests.unit.services.sweeps.asks import search as search


def test_a_new_sweep_has_one_config_ready_and_more_as_agents_come(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()
    assert ([ask.n for ask in search.asks], parts.proposals.n_ready(sweep.pk)) == ([1], 1)
    assert (search.asks[0].observations, search.asks[0].pending) == ([], [])
    assert search.asks[0].seed == 7
    for _ in range(3):
        register(parts, ann, sweep)
    search.settle()
    assert parts.proposals.n_ready(sweep.pk) == 3
    for _ in range(MAX_READY):
        register(parts, ann, sweep)
    search.settle()
    assert parts.proposals.n_ready(sweep.pk) == MAX_READY


def test_agents_that_left_or_fell_silent_have_nothing_prepared(
    parts: server.Parts, ann: Caller, clock: FakeClock, search: Search
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    for _ in range(4):
        register(parts, ann, sweep)
    clock.forward(61)
    agent = register(parts, ann, sweep)
    search.next_run(ann, agent)
    search.settle()
    search.asks.clear()
    end(parts, ann, parts.services.sweeps.points(sweep)[0].run_id)
    search.settle()
    assert [ask.n for ask in search.asks] == [1]


def test_nobody_is_asked_while_enough_is_ready_and_no_result_came(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    agent = register(parts, ann, sweep)
    search.settle()
    n_asks = len(search.asks)
    for _ in range(3):
        parts.proposals.want(sweep.pk)
        parts.core.changes.touch("sweep", sweep.pk)
        search.settle()
    assert len(search.asks) == n_asks
    run_id = str(search.next_run(ann, agent).run_id)
    search.settle()
    log(parts, ann, run_id, 0, 4.0, 2.0)
    search.settle()
    n_asks = len(search.asks)
    end(parts, ann, run_id)
    search.settle()
    assert len(search.asks) == n_asks + 1
    [observation] = search.asks[-1].observations
    assert (observation.objective, observation.latest) == (2.0, 2.0)
    assert observation.config == {"a": 0} and search.asks[-1].pending == []


def test_what_was_prepared_before_a_result_came_is_replaced(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    agent = register(parts, ann, sweep)
    search.settle()
    run_id = str(search.next_run(ann, agent).run_id)
    search.settle()
    end(parts, ann, run_id)
    search.settle()
    assert [ask.n for ask in search.asks] == [1, 1, 1]
    config = search.next_run(ann, agent).config
    assert config == {"a": 2}, "not 1, which was prepared before"


def test_runs_at_work_and_configs_that_wait_are_told_of(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()
    first = value(parts, ann, search, sweep)
    parts.services.sweeps.enqueue(ann, sweep.pk, {"a": 55})
    register(parts, ann, sweep)
    search.settle()
    last = search.asks[-1]
    assert [(o.config, o.state) for o in last.observations] == [
        ({"a": first}, "running"),
        ({"a": 55}, "pending"),
    ]


@pytest.mark.parametrize("state", ["PAUSED", "FINISHED", "CANCELED"])
def test_sweeps_that_hand_out_nothing_are_not_asked_for(
    parts: server.Parts, ann: Caller, search: Search, state: str
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()
    set_state(parts, ann, sweep, state)
    for _ in range(3):
        register(parts, ann, sweep)
    search.settle()
    assert len(search.asks) == 1
    assert parts.proposals.n_ready(sweep.pk) == (1 if state == "PAUSED" else 0)
    set_state(parts, ann, sweep, "RUNNING")
    search.settle()
    assert parts.proposals.n_ready(sweep.pk) == 3


@pytest.mark.parametrize(
    "text",
    [
        BAYES.replace("bayes", "grid"),
        BAYES.replace("bayes", "random"),
        BAYES + "controller: {type: local}\n",
        BAYES + "scheduler: {engine: wandb}\n",
    ],
)
def test_where_no_model_chooses_none_is_asked_until_an_edit(
    parts: server.Parts, ann: Caller, search: Search, text: str
) -> None:
    sweep = make_sweep(parts, ann, text)
    register(parts, ann, sweep)
    search.settle()
    assert search.asks == []
    edit(parts, ann, sweep, BAYES + "# now\n")
    search.settle()
    assert len(search.asks) == 1 and parts.proposals.n_ready(sweep.pk) == 1


def test_config_that_another_replica_handed_out_is_passed_over(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    for _ in range(3):
        register(parts, ann, sweep)
    search.settle()
    taken = [0]
    found = parts.proposals.take(sweep, lambda config: config["a"] in taken or config["a"] < 2)
    assert found is not None and found["a"] >= 2


def test_config_that_the_search_repeats_on_purpose_goes_out_again(
    parts: server.Parts, ann: Caller, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()
    assert value(parts, ann, search, sweep) == 0
    search._next = iter([0] * 99)  # type: ignore[assignment]
    end(parts, ann, parts.services.sweeps.points(sweep)[0].run_id)
    search.settle()
    assert value(parts, ann, search, sweep) == 0
    assert len({point.run_id for point in parts.services.sweeps.points(sweep)}) == 2


def test_after_a_restart_only_running_sweeps_with_a_model_are_prepared_for(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(process.Worker, "ask", lambda *_: [])
    running, waiting = make_sweep(parts, ann, BAYES), make_sweep(parts, ann, BAYES)
    grid = make_sweep(parts, ann, BAYES.replace("bayes", "grid"))
    for sweep in (running, grid):
        register(parts, ann, sweep)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    again = proposing.Proposals(parts.core)
    monkeypatch.setattr(again, "want", lambda pk, is_changed=False: asked.append(pk))
    again.start()
    again.stop()
    assert asked == [running.pk] and waiting.pk not in asked
    assert os.environ["OMP_NUM_THREADS"] == "1"


def test_a_source_that_is_gone_is_told_of_once(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    source = make_sweep(parts, ann, BAYES)
    learns = BAYES.replace("breaker: 0", f"breaker: 0, learn_from: [{source.sweep_id}]")
    sweep = make_sweep(parts, ann, learns)
    search.settle()
    assert warnings(parts, sweep) == []
    parts.services.sweeps.delete(ann, source.pk)
    agent = register(parts, ann, sweep)
    for _ in range(2):
        search.next_run(ann, agent)
    search.settle()
    [warning] = warnings(parts, sweep)
    assert f"ann/p/{source.sweep_id} is gone" in warning


def test_each_config_handed_out_is_counted(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    agent = register(parts, ann, sweep)
    search.settle()
    for _ in range(3):
        search.next_run(ann, agent)
        search.settle()
    assert state_of(parts, ann, sweep).next_index == 3
    assert [json.loads(p.config)["a"] for p in parts.services.sweeps.points(sweep)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("seconds", "lane"), [(4.9, Lane.QUICK), (5.0, Lane.QUICK), (5.1, Lane.SLOW)]
)
def test_a_sweep_whose_ask_takes_a_quarter_of_its_time_lets_others_go_first(
    parts: server.Parts,
    ann: Caller,
    search: Search,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    lane: Lane,
) -> None:
    noted: list[tuple[int, Lane]] = []
    now = itertools.count(0.0, seconds)  # each look at the clock is that much later
    monkeypatch.setattr(proposing, "time", SimpleNamespace(monotonic=lambda: next(now)))
    monkeypatch.setattr(parts.proposals._wanted, "note", lambda *what: noted.append(what))
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()
    assert [found for found in noted if found[0] == sweep.pk] == [(sweep.pk, lane)]
