"""Runs whose machine went away, and what is still said of them."""

import pytest

from sweepd import server
from sweepd.domain.runs import RunState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import StreamPost

INIT = RunChange(config="{}", host="h")


def append(parts: server.Parts, ann: Caller, post: StreamPost) -> RunState:
    parts.services.history.append(ann, "ann", "p", "r", post)
    return parts.services.runs.get(ann, None, "p", "r").state


def test_run_resumed_after_it_was_preempted_fails_by_its_exit_code(
    parts: server.Parts, ann: Caller
) -> None:
    parts.services.runs.upsert(ann, None, "p", "r", INIT)
    left = StreamPost(is_preempting=True, exitcode=1, is_complete=True)
    assert append(parts, ann, left) is RunState.PREEMPTED
    parts.services.runs.upsert(ann, None, "p", "r", INIT, resumes=True)
    assert append(parts, ann, StreamPost()) is RunState.RUNNING
    assert append(parts, ann, StreamPost(exitcode=1, is_complete=True)) is RunState.FAILED


@pytest.mark.parametrize("between", [None, StreamPost()], ids=["at once", "after more lines"])
def test_last_words_of_a_run_given_up_while_preempting_are_taken_in(
    parts: server.Parts, ann: Caller, between: StreamPost | None
) -> None:
    """They were answered with a 500 that the client sends again without end."""
    parts.services.runs.upsert(ann, None, "p", "r", INIT)
    append(parts, ann, StreamPost(is_preempting=True))
    parts.core.now.forward(3600)  # type: ignore[attr-defined]
    assert [run.run_id for run in parts.leases.expire()] == ["r"]
    assert parts.services.runs.get(ann, None, "p", "r").state is RunState.PREEMPTED
    if between is not None:
        append(parts, ann, between)
    assert append(parts, ann, StreamPost(exitcode=7, is_complete=True)) is RunState.PREEMPTED
