"""What the search process is asked, how often, and what becomes of its answers; none begins."""

import contextlib
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.search import process
from sweepd.search.errors import SearchError
from sweepd.search.observation import Observation
from sweepd.search.process import OverTime, WorkerLost
from sweepd.services.sweeps import proposals as proposing
from sweepd.services.sweeps import searching
from sweepd.services.sweeps.commands import Command
from sweepd.services.sweeps.proposals import MAX_OVERRUNS, MAX_READY
from sweepd.services.sweeps.turns import Lane
from tests.conftest import FakeClock, wait_until
from tests.unit.services.handing_out import (
    beat,
    edit,
    end,
    log,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
)

BAYES = """
method: bayes
program: train.py
metric: {name: loss}
parameters: {a: {min: 0, max: 99}}
sweepd: {seed: 7, breaker: 0}
"""


@dataclass
class Ask:
    """One ask of the search process."""

    observations: Sequence[Observation]
    pending: Sequence[dict[str, Any]]
    n: int
    seed: int


class Search:
    """In place of the process: answers 0, 1, 2, … or raises, and remembers what it was asked."""

    def __init__(self, parts: server.Parts) -> None:
        self.parts = parts
        self.asks: list[Ask] = []
        self.errors: Iterator[Exception | None] = itertools.repeat(None)
        self._next = itertools.count()

    def ask(self, worker: object, seconds: float, function: object, *args: Any) -> Any:
        assert seconds in (5.0, 20.0) and function is searching.propose
        _, observations, pending, n, seed = args
        self.asks.append(Ask(observations, pending, n, seed))
        if (error := next(self.errors)) is not None:
            raise error
        return [{"a": next(self._next)} for _ in range(n)]

    def next_run(self, caller: Caller, agent: int) -> Command:
        """The agent's next run, begun, once what was wanted for it is ready."""
        self.settle()
        return next_run(self.parts, caller, agent)

    def settle(self) -> None:
        """Return when all that was wanted so far was looked at."""
        caches = self.parts.proposals._caches
        for lane in (Lane.NEW, Lane.SLOW, Lane.NEW):  # each thread, and who came back from one
            nobody = 10**6 + lane
            self.parts.proposals._wanted.note(nobody, lane)
            self.parts.proposals.want(nobody)
            wait_until(lambda pk=nobody: pk not in caches, 60, lambda: "no thread answers")
        wait_until(
            lambda: not any(cache.is_drawing for cache in list(caches.values())),
            30,
            lambda: "what is drawn does not come",
        )


@pytest.fixture
def search(parts: server.Parts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Search]:
    found = Search(parts)
    monkeypatch.setattr(process.Worker, "ask", lambda *args: found.ask(*args))
    parts.proposals.start()
    yield found
    parts.proposals.stop()


def value(parts: server.Parts, ann: Caller, search: Search, sweep: Sweep) -> int:
    """What the next agent is given, and begins."""
    config = search.next_run(ann, register(parts, ann, sweep)).config
    assert config is not None
    return int(config["a"])


def warnings(parts: server.Parts, sweep: Sweep) -> list[str]:
    return [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]


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


def test_a_lost_process_is_tried_once_more_without_a_word(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    search.errors = itertools.chain([WorkerLost("x")], itertools.repeat(None))
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()
    assert (len(search.asks), warnings(parts, sweep)) == (2, [])
    assert parts.proposals.n_ready(sweep.pk) == 1


def failing(error: Exception, n: int) -> Iterator[Exception | None]:
    return itertools.chain(itertools.repeat(error, n), itertools.repeat(None))


def again(parts: server.Parts, ann: Caller, search: Search, sweep: Sweep) -> None:
    """An agent takes what is ready, and more is prepared."""
    beat(parts, ann, register(parts, ann, sweep))
    search.settle()


@pytest.mark.parametrize(("error", "n_each"), [(OverTime("slow"), 1), (WorkerLost("gone"), 2)])
def test_asks_that_take_too_long_give_random_configs_and_pause_after_some_in_a_row(
    parts: server.Parts, ann: Caller, search: Search, error: Exception, n_each: int
) -> None:
    assert MAX_OVERRUNS == 3, "as long as a sweep whose search hangs is waited for"
    search.errors = itertools.repeat(error)
    sweep = make_sweep(parts, ann, BAYES)
    agent = register(parts, ann, sweep)
    search.settle()
    n_quick = 1 if isinstance(error, OverTime) else 0  # with less time, which counts for nothing
    for n in range(1, MAX_OVERRUNS):
        assert len(search.asks) == n * n_each + n_quick
        assert parts.proposals.n_ready(sweep.pk) == 1, "drawn at random"
        search.next_run(ann, agent)
        search.settle()
    assert len(warnings(parts, sweep)) == 2
    assert "so one was drawn at random" in warnings(parts, sweep)[0]
    assert f"({MAX_OVERRUNS} times in a row)" in warnings(parts, sweep)[1]
    assert parts.proposals.n_ready(sweep.pk) == 0
    n_asks = len(search.asks)
    parts.proposals.want(sweep.pk)
    search.settle()
    assert len(search.asks) == n_asks, "it is not tried again by itself"
    assert beat(parts, ann, agent) == []
    found = state_of(parts, ann, sweep)
    assert found.state is SweepState.PAUSED
    assert f"{MAX_OVERRUNS} times in a row" in found.state_reason
    search.errors = itertools.repeat(None)
    set_state(parts, ann, sweep, "RUNNING")
    search.settle()
    assert len(search.asks) == n_asks + 1, "resumed, it has another chance"
    assert parts.proposals.n_ready(sweep.pk) > 0


def test_a_success_between_begins_the_count_anew(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    slow = OverTime("slow")
    search.errors = itertools.cycle([slow] * (MAX_OVERRUNS - 1) + [None])  # type: ignore[list-item]
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()
    for _ in range(3 * MAX_OVERRUNS):
        again(parts, ann, search, sweep)
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    assert len(search.asks) > 2 * MAX_OVERRUNS


def test_errors_of_the_search_itself_never_pause_while_draws_can_be_made(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    search.errors = itertools.repeat(SearchError("no " + "x" * 2000))
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()
    for _ in range(2 * MAX_OVERRUNS):
        again(parts, ann, search, sweep)
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING
    [warning] = warnings(parts, sweep)
    assert len(warning) == 1000 and "drawn at random: no xxx" in warning


def test_draws_in_place_of_proposals_differ_and_are_new_where_they_must_be(
    parts: server.Parts, ann: Caller, search: Search
) -> None:
    search.errors = itertools.repeat(SearchError("none"))
    text = BAYES.replace("max: 99", "max: 4").replace("breaker: 0", "breaker: 0, distinct: true")
    sweep = make_sweep(parts, ann, text)
    search.settle()
    found: list[int] = []

    def is_handed_out() -> bool:
        search.settle()
        with contextlib.suppress(ValueError):  # none is drawn yet
            found.append(value(parts, ann, search, sweep))
        return len(found) == 5

    wait_until(is_handed_out, 60, lambda: f"handed out: {found}")
    assert sorted(found) == [0, 1, 2, 3, 4]


def test_a_pause_for_one_file_does_not_hold_for_the_next(
    parts: server.Parts, ann: Caller, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> object:
        raise SearchError("nor these")

    monkeypatch.setattr(proposing, "sample_some", none)
    search.errors = failing(SearchError("none"), 1)
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()
    edit(parts, ann, sweep, BAYES + "# looser\n")
    search.settle()
    assert value(parts, ann, search, sweep) == 0
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING


def test_deleted_sweep_is_forgotten_also_while_it_is_asked_for(
    parts: server.Parts, ann: Caller, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = make_sweep(parts, ann, BAYES)
    search.settle()

    def deleting(*_: object) -> list[dict[str, int]]:
        parts.services.sweeps.delete(ann, sweep.pk)
        raise SearchError("too late")

    monkeypatch.setattr(process.Worker, "ask", deleting)
    register(parts, ann, sweep)
    register(parts, ann, sweep)
    search.settle()
    parts.proposals.want(sweep.pk)
    search.settle()
    assert parts.proposals.n_ready(sweep.pk) == 0


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


def test_only_the_process_for_long_asks_rests_while_nobody_waits_for_it(
    parts: server.Parts, ann: Caller, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    rested: list[process.Worker] = []
    monkeypatch.setattr(process.Worker, "rest", lambda worker: rested.append(worker))
    search.errors = itertools.chain([OverTime("slow")], itertools.repeat(None))
    make_sweep(parts, ann, BAYES)
    search.settle()
    assert len(search.asks) == 2
    assert set(rested) == {parts.proposals._slow.worker}
