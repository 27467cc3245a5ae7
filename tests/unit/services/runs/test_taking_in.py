"""What clients stream: lines sent again, steps, extremes; and runs whose machine went away."""

import asyncio
import json
import math
import threading
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.store import history, loop_writes, objectives, runs
from tests.unit.services.handing_out import GRID, begin, log, make_sweep, next_run, register

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


SWEEP = """
method: grid
program: train.py
metric: {name: loss, goal: GOAL}
parameters: {a: {values: [1, 2]}}
"""


@pytest.fixture(params=["minimize", "maximize"])
def sweep(parts: server.Parts, ann: Caller, request: pytest.FixtureRequest) -> Sweep:
    return make_sweep(parts, ann, SWEEP.replace("GOAL", request.param))


def started(parts: server.Parts, ann: Caller, sweep: Sweep) -> str:
    return str(next_run(parts, ann, register(parts, ann, sweep)).run_id)


def values_of(parts: server.Parts, ann: Caller, run_id: str) -> list[tuple[int, float]]:
    run = parts.services.runs.get(ann, None, "p", run_id)
    with parts.core.db.read() as connection:
        return objectives.list_values(connection, run.pk)


def metric_of(parts: server.Parts, ann: Caller, run_id: str) -> tuple[float | None, ...]:
    """Last, least and greatest."""
    run = parts.services.runs.get(ann, None, "p", run_id)
    return run.metric_last, run.metric_min, run.metric_max


@pytest.mark.parametrize(
    ("first", "n_lines"), [(0, 4), (2, 2), (3, 1), (1, 5)], ids=["all", "two", "last", "and more"]
)
def test_lines_sent_again_count_once(
    parts: server.Parts, ann: Caller, sweep: Sweep, first: int, n_lines: int
) -> None:
    """A request whose answer was lost comes again, alone or with what followed."""
    run_id = started(parts, ann, sweep)
    values = [5.0, 3.0, 8.0, 4.0, 1.0, 9.0]
    log(parts, ann, run_id, 0, *values[:4])
    log(parts, ann, run_id, first, *values[first : first + n_lines])
    n_known = max(4, first + n_lines)
    assert values_of(parts, ann, run_id) == list(enumerate(values[:n_known]))
    known = values[:n_known]
    assert metric_of(parts, ann, run_id) == (known[-1], min(known), max(known))
    run = parts.services.runs.get(ann, None, "p", run_id)
    assert (run.history_lines, run.last_step) == (n_known, n_known - 1)


@pytest.mark.slow
def test_best_so_far_is_kept_beside_each_value(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    run_id = started(parts, ann, sweep)
    log(parts, ann, run_id, 0, 5.0, 3.0)
    log(parts, ann, run_id, 2, 8.0)
    log(parts, ann, run_id, 3, 4.0)
    with parts.core.db.read() as connection:
        best = [objectives.values_at(connection, sweep.pk, n, "best") for n in (1, 2, 3, 4)]
        mean = objectives.values_at(connection, sweep.pk, 4, "mean")
    is_max = sweep.metric_goal == "maximize"
    assert best == ([[5.0], [5.0], [8.0], [8.0]] if is_max else [[5.0], [3.0], [3.0], [3.0]])
    assert mean == [5.0]


def test_last_step_is_the_greatest_said_and_a_late_line_lowers_nothing(
    parts: server.Parts, ann: Caller
) -> None:
    begin(parts, ann, "r")

    def send(first: int, *steps: int | None) -> int:
        rows = [{"loss": 1.0} | ({} if step is None else {"_step": step}) for step in steps]
        post = StreamPost(history=Lines(first, [json.dumps(row) for row in rows]))
        parts.services.history.append(ann, "ann", "p", "r", post)
        return parts.services.runs.get(ann, None, "p", "r").last_step

    assert parts.services.runs.get(ann, None, "p", "r").last_step == -1
    assert send(0, None) == -1
    assert send(1, 0, 7, 3) == 7
    assert send(4, 5) == 7
    assert send(5, None, 8) == 8


def test_what_is_not_finite_is_no_value_and_no_extreme(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    run_id = started(parts, ann, sweep)
    log(parts, ann, run_id, 0, 2.0, math.nan, math.inf, -math.inf, 3.0)
    assert values_of(parts, ann, run_id) == [(0, 2.0), (4, 3.0)]
    assert metric_of(parts, ann, run_id) == (3.0, 2.0, 3.0)


def test_summary_counts_where_the_history_has_no_value(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    run_id = started(parts, ann, sweep)

    def say(value: float) -> None:
        post = StreamPost(summary=json.dumps({"loss": value}))
        parts.services.history.append(ann, "ann", "p", run_id, post)

    say(4.0)
    assert metric_of(parts, ann, run_id) == (4.0, 4.0, 4.0)
    say(math.nan)
    assert metric_of(parts, ann, run_id) == (4.0, 4.0, 4.0)
    say(1.0)
    say(6.0)
    assert metric_of(parts, ann, run_id) == (6.0, 1.0, 6.0)
    assert values_of(parts, ann, run_id) == []


def test_extremes_after_a_rewind_are_of_what_is_left(
    parts: server.Parts, ann: Caller, sweep: Sweep
) -> None:
    run_id = started(parts, ann, sweep)
    log(parts, ann, run_id, 0, 5.0, 3.0, 4.0, 1.0, 9.0)
    parts.services.runs.rewind(ann, "ann", "p", run_id, 2)
    assert metric_of(parts, ann, run_id) == (4.0, 3.0, 5.0)
    assert values_of(parts, ann, run_id) == [(0, 5.0), (1, 3.0), (2, 4.0)]
    log(parts, ann, run_id, 3, 6.0)
    assert metric_of(parts, ann, run_id) == (6.0, 3.0, 6.0)
    assert values_of(parts, ann, run_id) == [(0, 5.0), (1, 3.0), (2, 4.0), (3, 6.0)]


def test_lines_that_follow_are_taken_in_without_reading_the_whole_run(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post(*, first: int, **more: object) -> None:
        lines = [json.dumps({"_step": first, **more})]
        history = StreamPost(history=Lines(first, lines))
        parts.services.history.append(ann, "ann", "p", "r", history)

    parts.services.runs.upsert(ann, None, "p", "r", INIT)
    post(first=0, loss=1.0)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "read_run", pytest.fail)
        post(first=1, loss=2.0)
        post(first=2, loss=3.0)
    run = parts.services.runs.get(ann, None, "p", "r")
    assert (run.state, run.history_lines, run.last_step) == (RunState.RUNNING, 3, 2)
    parts.services.projects.rename(ann, run.project_pk, "renamed")
    post(first=3, loss=4.0)  # a client knows the project by its old name
    assert parts.services.runs.get(ann, None, "renamed", "r").history_lines == 4


RULE = "early_terminate: {type: hyperband, min_iter: 2}\n"


@pytest.mark.parametrize(
    ("more", "first", "client", "n_lines", "is_on_loop"),
    [
        ("", 1, None, 1, True),
        ("", 1, None, 200, True),
        ("", 1, None, 201, False),
        ("", 0, None, 1, False),  # written over: forks may share the line
        ("", 1, "a", 1, False),  # one of several that share the run
        (RULE, 1, None, 1, False),  # compared with all runs
    ],
)
def test_only_what_is_short_is_made_on_the_event_loop(
    parts: server.Parts,
    ann: Caller,
    monkeypatch: pytest.MonkeyPatch,
    more: str,
    first: int,
    client: str | None,
    n_lines: int,
    is_on_loop: bool,
) -> None:
    if not parts.core.db.is_sqlite:
        pytest.skip("threads make all writes on PostgreSQL")
    monkeypatch.setattr(loop_writes, "SLOW_S", 1e9)  # however busy the machine is
    run_id = started(parts, ann, make_sweep(parts, ann, GRID + more))
    log(parts, ann, run_id, 0, 1.0)
    threads: list[int] = []
    append_lines = history.append_lines

    def seen(*given: Any, **named: Any) -> int:
        threads.append(threading.get_ident())
        return append_lines(*given, **named)

    monkeypatch.setattr(history, "append_lines", seen)
    post = StreamPost(history=Lines(first, ['{"_step": 1, "loss": 2.0}'] * n_lines))
    asyncio.run(parts.services.history.append_async(ann, ann.name, "p", run_id, post, client))
    assert [one == threading.get_ident() for one in threads] == [is_on_loop]
