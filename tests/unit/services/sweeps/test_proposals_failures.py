"""What becomes of a sweep whose asks take too long, end the process or raise."""

import contextlib
import itertools
from collections.abc import Iterator

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.search import process
from sweepd.search.errors import SearchError
from sweepd.search.process import OverTime, WorkerLost
from sweepd.services.sweeps import proposals as proposing
from sweepd.services.sweeps.proposals import MAX_OVERRUNS
from tests.conftest import wait_until
from tests.unit.services.handing_out import (
    beat,
    edit,
    make_sweep,
    register,
    set_state,
    state_of,
)
from tests.unit.services.sweeps.asks import BAYES, Search, value, warnings
from tests.unit.services.sweeps.asks import search as search


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
