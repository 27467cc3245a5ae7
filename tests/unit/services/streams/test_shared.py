"""Runs several clients write: what a request sent twice changes."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import sqlalchemy as sa

from sweepd import server
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.streams.shared import merge_configs
from sweepd.services.sweeps import lifecycle
from sweepd.store import projects, schema
from sweepd.store.database import Connection
from sweepd.store.history import Stream


def make(parts: server.Parts, ann: Caller, name: str) -> Run:
    config = '{"_wandb": {"value": {"t": {}}}}'
    return parts.services.runs.upsert(ann, None, "p", name, RunChange(config=config))[0]


def send(
    parts: server.Parts,
    ann: Caller,
    name: str,
    first: int,
    steps: list[int],
    client: str | None = None,
    console: list[str] | None = None,
) -> None:
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
    rows = [json.loads(x) for x in parts.services.reading.lines(run, Stream.HISTORY)]
    assert [(row["_step"], row["by"], row["v"]) for row in rows] == [
        (0, "a", 0),
        (1, "a", 1),
        (2, "b", 0),
        (3, "b", 1),
        (4, "b", 2),
        (5, "a", 2),
    ]
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
    rows = [json.loads(x) for x in parts.services.reading.lines(run, Stream.HISTORY)]
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
        "a": {"value": 2},
        "_wandb": {"value": {"e": {"w1": {}, "w2": {}}, "t": 1, "m": []}},
    }


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


def test_console_line_said_again_is_rewritten_where_it_stands(
    parts: server.Parts, ann: Caller
) -> None:
    """A progress bar kept its first form."""
    make(parts, ann, "r")
    send(parts, ann, "r", 0, [], "a", ["a 10 %"])
    send(parts, ann, "r", 0, [], "b", ["b 1", "b 2"])
    send(parts, ann, "r", 0, [], "a", ["a 50 %", "a 2"])
    send(parts, ann, "r", 2, [], "a", ["a 3"])
    send(parts, ann, "r", 1, [], "b", ["b 2!", "b 3"])
    for _ in range(2):
        send(parts, ann, "r", 0, [], "a", ["a 100 %", "a 2", "a 3", "a 4"])
    run = parts.services.runs.get(ann, None, "p", "r")
    texts = [line.text for line in parts.services.reading.console(run)]
    assert texts == ["a 100 %", "b 1", "b 2!", "a 2", "a 3", "b 3", "a 4"]
    assert run.console_lines == 7


def test_console_lines_left_out_at_first_are_appended_when_they_come(
    parts: server.Parts, ann: Caller
) -> None:
    make(parts, ann, "r")
    send(parts, ann, "r", 2, [], "a", ["2", "3"])
    send(parts, ann, "r", 0, [], "a", ["0", "1", "2!"])
    send(parts, ann, "r", 6, [], "a", ["6"])
    send(parts, ann, "r", 3, [], "a", ["3!", "4", "5", "6!", "7"])
    run = parts.services.runs.get(ann, None, "p", "r")
    texts = [line.text for line in parts.services.reading.console(run)]
    assert texts == ["2!", "3!", "0", "1", "6!", "4", "5", "7"]


def test_worker_that_ends_leaves_the_run_to_its_primary(parts: server.Parts, ann: Caller) -> None:
    config = '{"_wandb": {"value": {"t": {}, "e": {"main": {}}}}}'
    parts.services.runs.upsert(ann, None, "p", "r", RunChange(config=config, is_shared=True))

    def end(client: str, exitcode: int) -> str:
        post = StreamPost(is_complete=True, exitcode=exitcode)
        parts.services.history.append(ann, "ann", "p", "r", post, client)
        return parts.services.runs.get(ann, None, "p", "r").state

    assert end("worker", 1) == "running"
    assert end("main", 0) == "finished"
    send(parts, ann, "r", 0, [0], "worker")  # the worker goes on
    assert end("worker", 0) == "finished"
    assert parts.services.runs.get(ann, None, "p", "r").history_lines == 1


def test_run_of_workers_alone_ends_with_one_of_them(parts: server.Parts, ann: Caller) -> None:
    make(parts, ann, "r")
    post = StreamPost(is_complete=True, exitcode=0)
    parts.services.history.append(ann, "ann", "p", "r", post, "worker")
    assert parts.services.runs.get(ann, None, "p", "r").state == "finished"


def test_summary_of_a_shared_run_names_the_step_the_rows_were_given(
    parts: server.Parts, ann: Caller
) -> None:
    make(parts, ann, "r")
    for client in ("a", "b"):
        lines = ['{"_step": 0}', '{"_step": 1}']
        post = StreamPost(history=Lines(0, lines), summary='{"_step": 1}')
        parts.services.history.append(ann, "ann", "p", "r", post, client)
    assert json.loads(parts.services.runs.get(ann, None, "p", "r").summary) == {"_step": 3}


def test_metric_definitions_and_charts_of_all_writers_stay() -> None:
    """A worker's empty list took the primary's definitions away."""
    before = {"m": [{"1": "epoch"}, {"2": "val/*", "5": 1}], "visualize": {"roc": 1}, "t": 1}
    after = {
        "m": [{"1": "loss", "7": [1]}, {"1": "step"}, {"1": "x", "5": 2}, {"1": "epoch", "6": [3]}]
    }
    old, new = (json.dumps({"_wandb": {"value": value}}) for value in (before, after))
    value = json.loads(merge_configs(old, new))["_wandb"]["value"]
    assert value["m"] == [
        {"1": "epoch", "6": [3]},
        {"2": "val/*", "5": 1},
        {"1": "loss", "7": [1]},
        {"1": "step"},
        {"1": "x", "5": 4},
    ]
    assert value["visualize"] == {"roc": 1}
    assert json.loads(merge_configs(new, old))["_wandb"]["value"]["m"][4] == {"2": "val/*", "5": 4}
    nothing = '{"_wandb": {"value": {"m": [], "e": {}}}}'
    assert json.loads(merge_configs(old, nothing))["_wandb"]["value"]["m"] == before["m"]


@pytest.mark.parametrize(
    "database_url", ["", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_writers_that_begin_and_post_at_once_lose_nothing(parts: server.Parts, ann: Caller) -> None:
    make(parts, ann, "other")  # so that the project is there, and nobody waits for it
    gate = threading.Barrier(6)

    def write(client: str) -> bool:
        gate.wait(30)
        change = RunChange(config=f'{{"{client}": {{"value": 1}}}}', host="h", is_shared=True)
        _, inserted = parts.services.runs.upsert(ann, None, "p", "r", change)
        for i in range(5):
            send(parts, ann, "r", i, [i], client, [f"{client} {i}"])
        return inserted

    with ThreadPoolExecutor(6) as pool:
        inserted = list(pool.map(write, "abcdef"))
    run = parts.services.runs.get(ann, None, "p", "r")
    assert sorted(inserted) == [False] * 5 + [True] and set(json.loads(run.config)) == set("abcdef")
    rows = [json.loads(x) for x in parts.services.reading.lines(run, Stream.HISTORY)]
    assert [row["_step"] for row in rows] == list(range(30))
    assert sorted((row["by"], row["v"]) for row in rows) == [
        (c, i) for c in "abcdef" for i in range(5)
    ]
    assert len(parts.services.reading.console(run)) == 30


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_writer_that_waited_for_another_to_create_the_run_holds_its_row(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It found the run without its lock, and laid an old config over a third writer's."""
    make(parts, ann, "other")
    held = []
    engine = sa.create_engine(parts.settings.database_url)

    def begins(client: str) -> None:
        change = RunChange(config=f'{{"{client}": {{"value": 1}}}}', host="h", is_shared=True)
        parts.services.runs.upsert(ann, None, "p", "r", change)

    def another_creates_it(connection: Connection, pk: int) -> None:
        monkeypatch.setattr(projects, "lock_project", lock_project)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(begins, "a").result(60)
        lock_project(connection, pk)

    def a_third_looks(connection: Connection, run: Run, at: datetime) -> Run:
        monkeypatch.setattr(lifecycle, "begin_run", begin_run)
        with engine.connect() as other:
            free = sa.select(schema.runs.c.id).with_for_update(skip_locked=True)
            held.append(other.execute(free.where(schema.runs.c.id == run.pk)).first() is None)
        return begin_run(connection, run, at)

    lock_project, begin_run = projects.lock_project, lifecycle.begin_run
    monkeypatch.setattr(projects, "lock_project", another_creates_it)
    monkeypatch.setattr(lifecycle, "begin_run", a_third_looks)
    begins("b")
    engine.dispose()
    assert held == [True]
    assert set(json.loads(parts.services.runs.get(ann, None, "p", "r").config)) == {"a", "b"}
