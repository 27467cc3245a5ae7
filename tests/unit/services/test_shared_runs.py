"""Runs several clients write: what a request sent twice changes."""

import json

from sweepd import server
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.runs import RunChange
from sweepd.services.shared_runs import merge_configs
from sweepd.services.streams import Lines, StreamPost
from sweepd.store.history import Stream


def make(parts: server.Parts, ann: Caller, name: str) -> Run:
    config = '{"_wandb": {"value": {"t": {}}}}'
    return parts.services.runs.upsert(ann, None, "p", name, RunChange(config=config))[0]


def send(
    parts: server.Parts, ann: Caller, name: str, first: int, steps: list[int],
    client: str | None = None, console: list[str] | None = None,
) -> None:  # fmt: skip
    lines = [json.dumps({"_step": step, "v": step, "by": client}) for step in steps]
    post = StreamPost(
        history=Lines(first, lines) if lines else None,
        console=(Lines(first, console),) if console else (),
        summary=json.dumps({f"last {client}": steps[-1]}) if steps else None,
    )
    parts.services.history.append(ann, "ann", "p", name, post, client)


def steps_of(parts: server.Parts, ann: Caller, name: str) -> list[int]:
    run = parts.services.runs.get(ann, None, "p", name)
    return [json.loads(x)["_step"] for x in parts.services.reading.lines(run, Stream.HISTORY)]


def test_writers_of_a_shared_run_do_not_overwrite_each_other(
    parts: server.Parts, ann: Caller
) -> None:
    make(parts, ann, "r")
    send(parts, ann, "r", 0, [0, 1], "a", ["a0"])
    send(parts, ann, "r", 0, [0, 1, 2], "b", ["b0", "b1"])
    send(parts, ann, "r", 2, [2], "a")
    run = parts.services.runs.get(ann, None, "p", "r")
    rows = list(parts.services.reading.rows(run))
    assert [(row["_step"], row["by"], row["v"]) for row in rows] == [
        (0, "a", 0), (1, "a", 1), (2, "b", 0), (3, "b", 1), (4, "b", 2), (5, "a", 2),
    ]  # fmt: skip
    assert [line.text for line in parts.services.reading.console(run)] == ["a0", "b0", "b1"]
    assert json.loads(run.summary) == {"last a": 2, "last b": 2}


def test_writers_request_sent_again_or_overlapping_adds_only_what_is_new(
    parts: server.Parts, ann: Caller
) -> None:
    make(parts, ann, "r")
    for _ in range(2):
        send(parts, ann, "r", 0, [0, 1], "a", ["x"])
        send(parts, ann, "r", 0, [0], "b")
    send(parts, ann, "r", 1, [1, 2], "a")
    run = parts.services.runs.get(ann, None, "p", "r")
    rows = list(parts.services.reading.rows(run))
    assert [(row["by"], row["v"]) for row in rows] == [("a", 0), ("a", 1), ("b", 0), ("a", 2)]
    assert run.history_lines == 4 and run.console_lines == 1


def test_second_writer_joins_a_run_that_has_ended_without_emptying_it(
    parts: server.Parts, ann: Caller
) -> None:
    make(parts, ann, "r")
    send(parts, ann, "r", 0, [0], "a")
    parts.services.history.append(
        ann, "ann", "p", "r", StreamPost(is_complete=True, exitcode=0), "a"
    )
    change = RunChange(config='{"b": {"value": 1}}', host="h", is_shared=True)
    run, _ = parts.services.runs.upsert(ann, None, "p", "r", change)
    assert (run.history_lines, run.state) == (1, "running")
    assert set(json.loads(run.config)) == {"_wandb", "b"}


def test_configs_of_two_writers_keep_both_environments() -> None:
    old = '{"a": {"value": 1}, "_wandb": {"value": {"e": {"w1": {}}, "t": 1}}}'
    new = '{"a": {"value": 2}, "_wandb": {"value": {"e": {"w2": {}}, "m": []}}}'
    assert json.loads(merge_configs(old, new)) == {
        "a": {"value": 2}, "_wandb": {"value": {"e": {"w1": {}, "w2": {}}, "t": 1, "m": []}},
    }  # fmt: skip


def test_steps_with_gaps_and_out_of_order_are_found(parts: server.Parts, ann: Caller) -> None:
    make(parts, ann, "r")
    send(parts, ann, "r", 0, [0, 10, 20, 5, 30])
    run = parts.services.runs.get(ann, None, "p", "r")
    lines = parts.services.reading.lines(run, Stream.HISTORY, 5, 30)
    assert [json.loads(line)["_step"] for line in lines] == [10, 20, 5]
    send(parts, ann, "r", 5, list(range(31, 40)))
    run = parts.services.runs.get(ann, None, "p", "r")
    lines = parts.services.reading.lines(run, Stream.HISTORY, 30, 33)
    assert [json.loads(line)["_step"] for line in lines] == [30, 31, 32]
