"""How many statements the requests cost that every client sends: one more and this fails."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps import scheduling
from sweepd.store.database import Connection
from tests.conftest import awaited
from tests.unit.services.handing_out import beat, given, make_sweep, register
from tests.unit.services.together import Deed, together

pytestmark = pytest.mark.both_databases
TEXT = (
    "method: {method}\nprogram: t\nmetric: {{name: loss}}\nparameters: {{a: {{min: 1, max: 99}}}}"
)
CONFIG = json.dumps({"a": {"value": 1}})
LINE = json.dumps({"_step": 0, "loss": 1.5})
N = 6  # that go together

Make = Callable[[server.Parts, Caller, int], Deed]


@contextmanager
def counted(parts: server.Parts, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Statements to the database meanwhile, in the order in which they were sent."""
    sent: list[str] = []
    if parts.core.db.is_sqlite:

        def trace(connection: Connection, seen: Any) -> None:
            connection.connection.driver_connection.set_trace_callback(seen)  # type: ignore[union-attr]

        parts.core.db.write(lambda c: trace(c, sent.append))
        yield sent
        parts.core.db.write(lambda c: trace(c, None))
        return
    import psycopg

    execute = psycopg.Cursor.execute

    def counting(cursor: Any, query: Any, *given: Any, **named: Any) -> Any:
        sent.append(str(query))
        return execute(cursor, query, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", counting)
        yield sent


def of_tables(sent: list[str]) -> list[str]:
    """Those that are about rows: not where transactions begin and end, nor settings."""
    words = ("SELECT", "INSERT", "UPDATE", "DELETE")
    return [text for text in sent if text.lstrip().startswith(words)]


def heartbeat(parts: server.Parts, ann: Caller, agent: int) -> Deed:
    run_id = given(parts, ann, agent)
    return partial(beat, parts, ann, agent, run_id)


def hand_out(parts: server.Parts, ann: Caller, agent: int) -> Deed:
    return partial(beat, parts, ann, agent)


def saying(parts: server.Parts, ann: Caller, agent: int) -> Deed:
    run_id = given(parts, ann, agent)
    return partial(parts.services.runs.upsert, ann, None, "p", run_id, RunChange(config=CONFIG))


def beginning(parts: server.Parts, ann: Caller, agent: int) -> Deed:
    run_id = given(parts, ann, agent)
    change = RunChange(config=CONFIG, host="host")
    return partial(parts.services.runs.upsert, ann, None, "p", run_id, change)


def posting(parts: server.Parts, ann: Caller, agent: int) -> Deed:
    return _post(parts, ann, agent, StreamPost(history=Lines(0, [LINE])))


def ending(parts: server.Parts, ann: Caller, agent: int) -> Deed:
    sent = StreamPost(history=Lines(0, [LINE]), is_complete=True, exitcode=0)
    return _post(parts, ann, agent, sent)


def _post(parts: server.Parts, ann: Caller, agent: int, sent: StreamPost) -> Deed:
    run_id = given(parts, ann, agent)
    change = RunChange(config=CONFIG, host="host")
    parts.services.runs.upsert(ann, None, "p", run_id, change)
    append = parts.services.history.append_async
    return lambda: awaited(append(ann, ann.name, "p", run_id, sent))


# Of one alone on SQLite; of N together on PostgreSQL.
COSTS: dict[str, tuple[Make, bool, int, int]] = {
    "heartbeat": (heartbeat, False, 2, 2),
    "hand-out": (hand_out, True, 12, 9 + N),
    "what a client says of a run": (saying, False, 2, 2),
    "its beginning": (beginning, False, 5, 4),
    "a post of one line": (posting, False, 6, 6),
    "its end with a line": (ending, True, 12, 10),
}


@pytest.mark.parametrize("name", COSTS)
def test_what_a_request_costs(
    parts: server.Parts, ann: Caller, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite each by itself, on PostgreSQL all that wait."""
    make, takes_sweep, alone, of_all = COSTS[name]
    sweep = make_sweep(parts, ann, TEXT.format(method="grid"))
    agents = [register(parts, ann, sweep) for _ in range(N + 1)]
    make(parts, ann, agents.pop())()  # the sweep's file is read, and no first hand-out follows
    deeds = [make(parts, ann, agent) for agent in agents]
    with counted(parts, monkeypatch) as sent:
        told = together(parts, deeds, takes_sweep)
    assert not [error for error in told if isinstance(error, BaseException)]
    n_sent = len(of_tables(sent))
    expected = N * alone if parts.core.db.is_sqlite else of_all
    assert n_sent == expected, f"{n_sent / N} each:\n" + "\n".join(of_tables(sent))


def test_only_who_waits_for_a_config_has_one_prepared(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = make_sweep(parts, ann, TEXT.format(method="bayes"))
    agent = register(parts, ann, sweep)
    wanted: list[int] = []
    monkeypatch.setattr(parts.proposals, "want", wanted.append)
    assert beat(parts, ann, agent, "other") == [] == wanted
    assert beat(parts, ann, agent) == []
    assert wanted == [sweep.pk]


def test_a_heartbeat_that_asks_for_nothing_draws_no_id(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each draw lets the writing thread go first, which keeps the loop waiting."""
    agent = register(parts, ann, make_sweep(parts, ann))
    run_id = given(parts, ann, agent)
    monkeypatch.setattr(scheduling, "new_short_id", pytest.fail)
    assert beat(parts, ann, agent, run_id) == []
