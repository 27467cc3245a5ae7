"""What becomes of a run and its config, by every way a run can end, come back or be left."""

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.runs import Run, RunState, StopOrigin
from sweepd.domain.sweeps import Cell, CellState, Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import StreamPost
from sweepd.store import cells, runs
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    beat,
    begin,
    end,
    log,
    make_sweep,
    next_run,
    register,
    set_state,
    state_of,
)

ONE = """
method: grid
program: train.py
metric: {name: loss}
parameters: {a: {values: [1]}}
sweepd: {retries: 0, breaker: 0}
"""


class One:
    """A sweep of one config, and its first run."""

    def __init__(self, parts: server.Parts, ann: Caller, clock: FakeClock, text: str = ONE) -> None:
        self.parts, self.ann, self.clock = parts, ann, clock
        self.sweep = make_sweep(parts, ann, text)
        self.agent = register(parts, ann, self.sweep)
        self.run_id = str(next_run(parts, ann, self.agent).run_id)

    def run(self, run_id: str = "") -> Run:
        return self.parts.services.runs.get(self.ann, None, "p", run_id or self.run_id)

    @property
    def cell(self) -> Cell:
        with self.parts.core.db.read() as connection:
            [cell] = cells.list_cells(connection, self.sweep.pk)
        return cell

    @property
    def found(self) -> Sweep:
        return state_of(self.parts, self.ann, self.sweep)

    def end(self, exitcode: int = 0, run_id: str = "") -> None:
        end(self.parts, self.ann, run_id or self.run_id, exitcode)

    def post(self, post: StreamPost) -> bool:
        return self.parts.services.history.append(self.ann, "ann", "p", self.run_id, post)

    def stop(self) -> bool:
        return self.parts.services.runs.stop(self.ann, self.run().pk)

    def lose(self) -> None:
        self.clock.forward(400)
        self.parts.leases.expire()

    def resume(self) -> Run:
        change = RunChange(config="{}", host="h")
        upsert = self.parts.services.runs.upsert
        return upsert(self.ann, None, "p", self.run_id, change, resumes=True)[0]

    def again(self) -> str:
        """The config handed out once more."""
        state = self.run().state
        if self.cell.state is not CellState.QUEUED:
            assert self.parts.services.sweeps.retry(self.ann, self.sweep.pk, [state]) == 1
        return str(
            next_run(self.parts, self.ann, register(self.parts, self.ann, self.sweep)).run_id
        )


@pytest.fixture
def one(parts: server.Parts, ann: Caller, clock: FakeClock) -> One:
    return One(parts, ann, clock)


def test_exit_code_is_kept_with_the_time_and_said_again_changes_nothing(one: One) -> None:
    for exitcode in (3, 3):
        one.end(exitcode)
        run = one.run()
        assert (run.state, run.exitcode) == (RunState.FAILED, 3)
        assert run.ended_at == one.clock()
        one.clock.forward(0)
    before = run.ended_at
    one.clock.forward(50)
    one.end(3)
    assert one.run().ended_at == before
    assert (one.cell.state, one.found.n_open) == (CellState.FAILED, 0)


def test_another_exit_code_is_believed_and_a_later_success_counts(one: One) -> None:
    one.end(3)
    one.clock.forward(5)
    one.end(0)
    run = one.run()
    assert (run.state, run.exitcode, run.ended_at) == (RunState.FINISHED, 0, one.clock())
    assert one.cell.state is CellState.DONE


def test_a_config_that_is_done_stays_so_whatever_its_other_attempts_say(one: One) -> None:
    one.end(3)
    second = one.again()
    one.end(0, second)
    assert one.cell.state is CellState.DONE
    one.end(4)
    assert one.cell.state is CellState.DONE


def test_failure_of_a_stray_attempt_leaves_the_config_to_the_one_at_work(one: One) -> None:
    one.lose()
    second = one.again()
    one.end(1)  # the first comes back to say that it failed
    assert (one.run().state, one.cell.state) == (RunState.FAILED, CellState.RESERVED)
    one.end(1, second)
    assert one.cell.state is CellState.FAILED


def test_success_of_a_stray_attempt_makes_the_config_done(one: One) -> None:
    one.lose()
    assert one.cell.state is CellState.FAILED
    one.end(0)
    assert (one.run().state, one.cell.state) == (RunState.FINISHED, CellState.DONE)


def test_run_given_up_on_that_speaks_has_its_config_back(one: One) -> None:
    one.lose()
    assert (one.run().state, one.cell.state) == (RunState.CRASHED, CellState.FAILED)
    assert one.run().ended_at == one.clock()
    log(one.parts, one.ann, one.run_id, 0, 1.0)
    run = one.run()
    assert (run.state, run.ended_at) == (RunState.RUNNING, None)
    assert (one.cell.state, one.found.n_open) == (CellState.RESERVED, 1)


@pytest.mark.parametrize("state", ["queued", "canceled"])
def test_run_that_speaks_takes_its_config_out_of_the_queue_or_back(
    parts: server.Parts, ann: Caller, clock: FakeClock, state: str
) -> None:
    one = One(parts, ann, clock, ONE.replace("retries: 0", "retries: 1"))
    if state == "canceled":
        set_state(parts, ann, one.sweep, "CANCELED")
    one.lose()
    assert one.cell.state == state
    log(parts, ann, one.run_id, 0, 1.0)
    assert (one.run().state, one.cell.state) == (RunState.RUNNING, CellState.RESERVED)
    kinds = [c.kind for c in beat(parts, ann, register(parts, ann, one.sweep))]
    assert kinds == ([] if state == "queued" else ["exit"])


def test_start_of_a_run_is_its_first_request(one: One) -> None:
    first = one.run().started_at
    one.clock.forward(10)
    one.end(1)
    one.resume()
    assert one.run().started_at == first


def test_resumed_run_forgets_how_it_ended(one: One) -> None:
    one.stop()
    one.end(1)
    ended = one.run()
    assert (ended.state, ended.stop_requested, ended.exitcode) == (RunState.KILLED, True, 1)
    run = one.resume()
    assert (run.state, run.exitcode, run.ended_at) == (RunState.RUNNING, None, None)
    assert (run.stop_requested, run.stop_requested_at) == (False, None)
    assert (run.stop_reason, run.stop_origin) == (None, None)


def test_stop_asked_for_before_a_run_began_stays(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    """A client that comes after its sweep was canceled is told to stop at once."""
    sweep = make_sweep(parts, ann, ONE)
    [command] = beat(parts, ann, register(parts, ann, sweep))
    set_state(parts, ann, sweep, "CANCELED")
    begin(parts, ann, str(command.run_id))
    run = parts.services.runs.get(ann, None, "p", str(command.run_id))
    assert (run.state, run.stop_requested) == (RunState.RUNNING, True)
    assert run.stop_reason == "sweep canceled"
    assert log(parts, ann, run.run_id, 0, 1.0), "it hears that it should stop"


def test_first_reason_of_a_stop_stays_and_ended_runs_are_not_stopped(one: One) -> None:
    assert one.stop()
    run = one.run()
    assert (run.stop_reason, run.stop_origin) == ("stopped by ann", StopOrigin.PERSON)
    assert run.stop_requested_at == one.clock()
    set_state(one.parts, one.ann, one.sweep, "CANCELED")
    assert one.run().stop_reason == "stopped by ann"
    one.end(1)
    assert not one.stop()


@pytest.mark.parametrize(("exitcode", "state"), [(0, RunState.FINISHED), (1, RunState.KILLED)])
def test_a_stopped_run_is_done_with_its_config_whatever_its_exit_code(
    one: One, exitcode: int, state: RunState
) -> None:
    one.stop()
    one.end(exitcode)
    assert (one.run().state, one.cell.state) == (state, CellState.DONE)


def test_preempted_run_keeps_its_config_for_itself(one: One) -> None:
    one.post(StreamPost(is_preempting=True))
    assert (one.run().state, one.run().is_preempting) == (RunState.PREEMPTING, True)
    one.post(StreamPost(is_preempting=True))
    one.end(1)
    assert one.run().state is RunState.PREEMPTED
    assert (one.cell.state, one.cell.run_id) == (CellState.QUEUED, one.run_id)
    attempts = one.cell.n_attempts
    one.clock.forward(7)
    [command] = beat(one.parts, one.ann, register(one.parts, one.ann, one.sweep))
    assert (command.kind, command.run_id) == ("resume", one.run_id)
    run = one.run()
    assert (run.state, run.is_preempting, run.exitcode) == (RunState.PENDING, False, None)
    assert (run.ended_at, run.attempt, run.deliveries) == (None, attempts + 1, 1)
    assert run.updated_at == one.clock()


def test_preempting_run_that_finishes_in_time_is_finished(one: One) -> None:
    one.post(StreamPost(is_preempting=True))
    one.end(0)
    assert (one.run().state, one.cell.state) == (RunState.FINISHED, CellState.DONE)


def test_preempted_run_beside_another_attempt_at_work_leaves_the_config_to_it(one: One) -> None:
    one.lose()
    second = one.again()
    one.post(StreamPost(is_preempting=True))
    one.end(1)
    assert one.run().state is RunState.PREEMPTED
    assert one.cell.state is CellState.RESERVED
    one.end(0, second)
    assert one.cell.state is CellState.DONE


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_lost_attempts_are_counted_and_tried_again_so_often(
    parts: server.Parts, ann: Caller, clock: FakeClock, retries: int
) -> None:
    one = One(parts, ann, clock, ONE.replace("retries: 0", f"retries: {retries}"))
    for n_lost in range(1, retries + 1):
        one.lose()
        assert (one.cell.state, one.cell.n_lost) == (CellState.QUEUED, n_lost)
        one.run_id = one.again()
        assert one.run().attempt == n_lost + 1
    one.lose()
    assert (one.cell.state, one.cell.n_lost) == (CellState.FAILED, retries + 1)


def test_lost_attempt_beside_another_at_work_gives_nothing_back(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    one = One(parts, ann, clock, ONE.replace("retries: 0", "retries: 5"))
    one.lose()
    second = one.again()
    log(parts, ann, one.run_id, 0, 1.0)  # both run now
    clock.forward(50)
    log(parts, ann, second, 0, 1.0)
    clock.forward(50)
    assert [run.run_id for run in parts.leases.expire()] == [one.run_id]
    assert (one.cell.state, one.cell.n_lost) == (CellState.RESERVED, 1)


def test_reason_of_a_stop_outlives_the_silence(one: One) -> None:
    one.stop()
    one.lose()
    assert (one.run().state, one.run().stop_reason) == (RunState.KILLED, "stopped by ann")
    assert one.cell.state is CellState.DONE


def test_deleted_run_with_another_result_of_its_config_frees_nothing(one: One) -> None:
    one.end(1)
    second = one.again()
    one.end(0, second)
    one.parts.services.runs.delete(one.ann, one.run().pk)
    assert one.cell.state is CellState.DONE, "the second attempt's result stays"
    one.parts.services.runs.delete(one.ann, one.run(second).pk)
    assert (one.cell.state, one.cell.run_id, one.cell.n_lost) == (CellState.QUEUED, None, 0)


def test_deleted_run_whose_config_is_at_work_or_waits_frees_nothing(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    one = One(parts, ann, clock, ONE.replace("retries: 0", "retries: 1"))
    one.lose()
    first = one.run()
    parts.services.runs.delete(ann, first.pk)
    assert (one.cell.state, one.cell.n_lost) == (CellState.QUEUED, 1)
    parts.services.runs.undelete(ann, first.pk)
    set_state(parts, ann, one.sweep, "RUNNING") if one.found.state != "RUNNING" else None
    one.parts.services.sweeps.retry(ann, one.sweep.pk, ["crashed"])
    second = str(next_run(parts, ann, register(parts, ann, one.sweep)).run_id)
    parts.services.runs.delete(ann, first.pk)
    assert one.cell.state is CellState.RESERVED
    assert one.run(second).state is RunState.RUNNING


@pytest.mark.parametrize(
    ("exitcode", "state"), [(0, CellState.DONE), (1, CellState.FAILED)], ids=["done", "failed"]
)
def test_run_that_is_brought_back_takes_its_config_back(
    one: One, exitcode: int, state: CellState
) -> None:
    one.end(exitcode)
    pk = one.run().pk
    one.parts.services.runs.delete(one.ann, pk)
    assert (one.cell.state, one.found.n_open) == (CellState.QUEUED, 1)
    one.parts.services.runs.undelete(one.ann, pk)
    assert (one.cell.state, one.found.n_open) == (state, 0)
    retry = next(e for e in one.parts.services.sweeps.events(one.sweep) if e.kind == "retry")
    assert retry.message == f"run {one.run_id} was deleted; its config is free again"


def test_deleted_live_run_is_killed_first(one: One) -> None:
    run = one.run()
    one.parts.services.runs.delete(one.ann, run.pk)
    with one.parts.core.db.read() as connection:
        found = runs.find_run_by_pk(connection, run.pk)
    assert found and (found.state, found.stop_reason) == (RunState.KILLED, "deleted by ann")
    assert one.cell.state is CellState.QUEUED


def test_deleted_prior_run_counts_against_the_cap_from_then_on(
    parts: server.Parts, ann: Caller
) -> None:
    from tests.unit.services.sweeps.test_prior_runs import attach, prior

    sweep = make_sweep(parts, ann, ONE.replace("[1]", "[1, 2]") + "run_cap: 2\n")
    prior(parts, ann, "old", 1.0, a=1)
    attach(parts, ann, sweep, "old")
    assert state_of(parts, ann, sweep).n_cells == 0
    parts.services.runs.delete(ann, parts.services.runs.get(ann, None, "p", "old").pk)
    found = state_of(parts, ann, sweep)
    assert (found.n_cells, found.n_open, found.n_prior) == (1, 1, 0)


@pytest.mark.parametrize(
    ("begun", "wanted", "is_allowed"),
    [
        ("pending", "failed", True),
        ("pending", "running", False),
        ("running", "pending", True),
        ("running", "finished", False),
        ("failed", "pending", True),
        ("finished", "pending", False),
    ],
)
def test_states_a_person_may_set_of_a_run_of_no_sweep(
    parts: server.Parts, ann: Caller, begun: str, wanted: str, is_allowed: bool
) -> None:
    change = RunChange(state="pending") if begun == "pending" else RunChange(config="{}", host="h")
    run, _ = parts.services.runs.upsert(ann, None, "p", "r", change)
    if begun in ("failed", "finished"):
        end(parts, ann, "r", int(begun == "failed"))
    if not is_allowed:
        with pytest.raises(BadInput, match=f"is {begun} and cannot become {wanted}"):
            parts.services.runs.set_state(ann, run.pk, wanted)
        return
    parts.services.runs.set_state(ann, run.pk, wanted)
    found = parts.services.runs.get_by_pk(ann, run.pk)
    assert found.state == wanted
    assert (found.ended_at is not None) is (wanted == "failed")
    assert found.exitcode is None
    parts.services.runs.set_state(ann, run.pk, wanted)  # again changes nothing


def test_state_of_a_sweeps_run_is_not_set_by_hand(one: One) -> None:
    with pytest.raises(BadInput, match=f"belongs to sweep {one.sweep.sweep_id}"):
        one.parts.services.runs.set_state(one.ann, one.run().pk, "failed")


def test_run_of_the_queue_beyond_the_cap_says_why_it_never_came(
    parts: server.Parts, ann: Caller
) -> None:
    text = ONE.replace("method: grid", "method: custom") + "scheduler: {engine: ax}\nrun_cap: 1\n"
    sweep = make_sweep(parts, ann, text)
    queued = [parts.services.sweeps.enqueue(ann, sweep.pk, {"a": n}) for n in (1, 2)]
    end(parts, ann, str(next_run(parts, ann, register(parts, ann, sweep)).run_id))
    found = [parts.services.runs.get(ann, None, "p", run.run_id) for run in queued]
    assert [run.state for run in found] == [RunState.FINISHED, RunState.KILLED]
    assert found[1].ended_at == parts.core.now()
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED
