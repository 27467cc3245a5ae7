"""A run's life as its clients tell it: begun, killed, begun again, gone on with, deleted."""

import json

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.runs import Run, RunState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps.leases import Leases
from sweepd.store.history import Stream
from tests.conftest import FakeClock

STARTED = '{"_wandb": {"value": {"t": {}}}}'


class Client:
    """What a `wandb.init` of one process says, and then streams."""

    def __init__(self, parts: server.Parts, ann: Caller, resumes: bool = False) -> None:
        self.services, self.ann = parts.services, ann
        change = RunChange(config=STARTED, host="h", program="train.py")
        runs = parts.services.runs
        self.run, self.inserted = runs.upsert(ann, None, "p", "r", change, resumes=resumes)
        self.n_lines = self.run.history_lines

    def post(self, post: StreamPost) -> bool:
        return self.services.history.append(self.ann, "ann", "p", "r", post)

    def log(self, *values: int) -> bool:
        lines = [json.dumps({"_step": i, "v": v}) for i, v in enumerate(values, self.n_lines)]
        stops = self.post(StreamPost(history=Lines(self.n_lines, lines)))
        self.n_lines += len(lines)
        return stops

    def finish(self, exitcode: int) -> None:
        self.post(StreamPost(is_complete=True, exitcode=exitcode))

    def change(self, config: str) -> Run:
        """As the client sends its config later on, without its host."""
        return self.services.runs.upsert(self.ann, None, "p", "r", RunChange(config=config))[0]


def found(parts: server.Parts, ann: Caller) -> Run:
    return parts.services.runs.get(ann, None, "p", "r")


def values(parts: server.Parts, ann: Caller) -> list[int]:
    lines = parts.services.reading.lines(found(parts, ann), Stream.HISTORY)
    return [json.loads(line)["v"] for line in lines]


def test_id_used_again_after_its_process_was_killed_begins_anew(
    parts: server.Parts, ann: Caller
) -> None:
    """The run still counted as running, so new rows were put after the old, from step 0."""
    killed = Client(parts, ann)
    killed.log(1, 2, 3)
    killed.post(StreamPost(console=[Lines(0, ["old"])], events=Lines(0, ["{}"]), summary='{"v":3}'))
    again = Client(parts, ann)
    assert (again.inserted, again.n_lines, again.run.summary) == (False, 0, "{}")
    again.log(7)
    assert values(parts, ann) == [7]
    assert parts.services.reading.console(again.run) == []
    assert parts.services.reading.lines(again.run, Stream.EVENTS) == []


def test_later_words_of_the_same_client_keep_its_rows(parts: server.Parts, ann: Caller) -> None:
    client = Client(parts, ann)
    client.log(1, 2)
    assert client.change(STARTED).history_lines == 2
    resumed = Client(parts, ann, resumes=True)
    assert resumed.n_lines == 2


def test_stopped_run_that_is_resumed_is_not_stopped_again(parts: server.Parts, ann: Caller) -> None:
    client = Client(parts, ann)
    client.log(1)
    assert parts.services.runs.stop(ann, client.run.pk)
    assert client.log(2) is True
    client.finish(255)
    assert found(parts, ann).state is RunState.KILLED
    resumed = Client(parts, ann, resumes=True)
    assert (resumed.run.state, resumed.run.stop_requested) == (RunState.RUNNING, False)
    assert resumed.log(3) is False
    resumed.finish(1)
    assert found(parts, ann).state is RunState.FAILED


def test_stopped_run_given_up_on_is_still_told_to_stop(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    client = Client(parts, ann)
    parts.services.runs.stop(ann, client.run.pk)
    clock.forward(400)
    Leases(parts.core).expire()
    assert found(parts, ann).state is RunState.KILLED
    assert client.log(1) is True and found(parts, ann).state is RunState.RUNNING


def test_resumed_run_that_was_silent_is_running_once_it_speaks(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    """Its exit code of the time before made its posts look late: it stayed crashed."""
    Client(parts, ann).finish(0)
    resumed = Client(parts, ann, resumes=True)
    clock.forward(400)
    Leases(parts.core).expire()
    assert found(parts, ann).state is RunState.CRASHED
    resumed.log(1)
    assert (found(parts, ann).state, found(parts, ann).exitcode) == (RunState.RUNNING, None)


def test_preempted_run_that_is_resumed_and_fails_is_failed(
    parts: server.Parts, ann: Caller
) -> None:
    client = Client(parts, ann)
    client.post(StreamPost(is_preempting=True))
    client.finish(1)
    assert found(parts, ann).state is RunState.PREEMPTED
    Client(parts, ann, resumes=True).finish(1)
    assert found(parts, ann).state is RunState.FAILED


def test_client_of_a_deleted_run_is_told_and_does_not_bring_it_back(
    parts: server.Parts, ann: Caller
) -> None:
    """Its next config made the run anew, and what was deleted was gone for good."""
    client = Client(parts, ann)
    client.log(1)
    parts.services.runs.delete(ann, client.run.pk)
    with pytest.raises(NotFound, match="deleted"):
        client.change('{"x": {"value": 2}}')
    with pytest.raises(NotFound, match="deleted"):
        client.log(2)
    parts.services.runs.undelete(ann, client.run.pk)
    assert values(parts, ann) == [1] and found(parts, ann).state is RunState.KILLED
    resumed = Client(parts, ann, resumes=True)
    assert (resumed.n_lines, resumed.log(2)) == (1, False)


def test_id_of_a_deleted_run_may_be_taken_anew(parts: server.Parts, ann: Caller) -> None:
    client = Client(parts, ann)
    client.log(1)
    parts.services.runs.delete(ann, client.run.pk)
    again = Client(parts, ann)
    assert (again.inserted, again.n_lines) == (True, 0)


def test_rewinding_shows_the_last_row_as_summary_and_no_console(
    parts: server.Parts, ann: Caller
) -> None:
    client = Client(parts, ann)
    client.log(5, 6, 7)
    client.post(StreamPost(summary='{"v": 7}', console=[Lines(0, ["a", "b"])]))
    run = parts.services.runs.rewind(ann, None, "p", "r", 1)
    assert (run.history_lines, run.last_step, run.console_lines) == (2, 1, 0)
    assert json.loads(run.summary)["v"] == 6


def test_failed_run_set_to_pending_forgets_its_exit_code(parts: server.Parts, ann: Caller) -> None:
    Client(parts, ann).finish(3)
    run = found(parts, ann)
    parts.services.runs.set_state(ann, run.pk, "pending")
    assert (found(parts, ann).state, found(parts, ann).exitcode) == (RunState.PENDING, None)


def test_run_of_another_entity_can_be_neither_forked_rewound_nor_begun_anew(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    client = Client(parts, ann)
    client.log(1, 2)
    runs = parts.services.runs
    point = '{"_wandb": {"value": {"branch_point": {"run_id": "r", "step": 0}}}}'
    with pytest.raises(NotFound):
        runs.upsert(bob, "ann", "p", "x", RunChange(config=point, host="h"))
    with pytest.raises(NotFound, match="cannot be forked"):
        runs.upsert(bob, None, "p", "x", RunChange(config=point, host="h"))
    with pytest.raises(NotFound):
        runs.rewind(bob, "ann", "p", "r", 0)
    with pytest.raises(NotFound):
        runs.upsert(bob, "ann", "p", "r", RunChange(config=STARTED, host="h"))
    with pytest.raises(NotFound):
        runs.delete(bob, client.run.pk)
    assert values(parts, ann) == [1, 2]


@pytest.mark.parametrize("run_id", ["a/b", "a#b", "a?b", "a:b", "100 %", "..", " ", "x" * 129])
def test_run_ids_that_cannot_be_part_of_an_address_are_refused(
    parts: server.Parts, ann: Caller, run_id: str
) -> None:
    """With a '%' in it the client (0.31.0) asks for an address that is none, again and again."""
    with pytest.raises(BadInput, match="run's id"):
        parts.services.runs.upsert(ann, None, "p", run_id, RunChange())
