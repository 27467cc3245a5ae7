"""Whatever agents and clients ask at once comes to what it would come to one after the other.

Two sweeps of the same file are told the same: requests of one wait for each other and share their
transactions, those of the other are made alone, in the same order. What is answered and what is
stored must not differ.
"""

import json
import random
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from sweepd import server
from sweepd.domain.errors import SweepdError
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.store import schema
from tests.conftest import FakeClock, awaited
from tests.unit.services.handing_out import beat, begin, make_sweep, register, set_state
from tests.unit.services.together import Deed, together

pytestmark = pytest.mark.both_databases
N_AGENTS, N_ROUNDS = 5, 14
TEXT = """
method: grid
program: train.py
metric: {name: loss, goal: minimize, target: 0.01}
early_terminate: {type: hyperband, min_iter: 2}
parameters:
  a: {values: [1, 2, 3, 4, 5]}
  b: {values: [x, y]}
sweepd: {retries: 1, breaker: 3}
"""
# What waits together, by what it asks for: rows of runs, or the sweep's, too.
OF_RUNS = (["beat", "begin", "say"], ["beat", "say", "post", "post"])
OF_SWEEP = (["ask", "ask", "end", "end", "fail"], ["ask"], ["end", "unstorable"])
TABLES = (schema.sweeps, schema.cells, schema.agents, schema.runs, schema.sweep_events)


class Site:
    """One of the two sweeps with its agents.

    Attributes:
        given: Of each agent the run it was last given.
        told: All that was answered, without what names a run.
    """

    def __init__(self, parts: server.Parts, ann: Caller, is_together: bool) -> None:
        self.parts, self.ann, self.is_together = parts, ann, is_together
        self.sweep = make_sweep(parts, ann, TEXT)
        self.agents = [register(parts, ann, self.sweep) for _ in range(N_AGENTS)]
        self.given: dict[int, str] = {}
        self.n_lines = [0] * N_AGENTS
        self.told: list[Any] = []

    def make(self, round_: list[tuple[str, int, float]], takes_sweep: bool) -> None:
        """All requests of a round, and note what they come to."""
        asked = [self.deed(*drawn) for drawn in round_]
        answers = (
            together(self.parts, asked, takes_sweep)
            if self.is_together
            else [_outcome(deed) for deed in asked]
        )
        for (_, agent, _), answer in zip(round_, answers, strict=True):
            self.told.append(self._without_names(agent, answer))

    def _without_names(self, agent: int, answer: Any) -> Any:
        if isinstance(answer, Exception):
            assert isinstance(answer, SweepdError), answer
            return type(answer).__name__
        if not isinstance(answer, list):
            return answer if isinstance(answer, bool) else None
        for command in answer:
            if command.run_id and command.kind != "stop":
                self.given[agent] = command.run_id
                self.n_lines[agent] = 0
        return [(command.kind, command.config) for command in answer]

    def deed(self, kind: str, agent: int, number: float) -> Deed:
        """A request of an agent or of the run it was given; without a run it asks for one."""
        run = self.given.get(agent)
        if kind == "ask" or run is None:
            return partial(beat, self.parts, self.ann, self.agents[agent])
        if kind == "beat":
            return partial(beat, self.parts, self.ann, self.agents[agent], run)
        if kind == "begin":
            return partial(begin, self.parts, self.ann, run)
        if kind == "say":
            config = json.dumps({"said": {"value": number}})
            change = RunChange(config=config, summary=json.dumps({"said": number}))
            return partial(self.parts.services.runs.upsert, self.ann, None, "p", run, change)
        line = json.dumps({"_step": self.n_lines[agent], "loss": number})
        sent = {"history": Lines(self.n_lines[agent], [line])}
        if kind != "unstorable":
            self.n_lines[agent] += 1
        more: dict[str, dict[str, Any]] = {
            "post": {},
            "end": {"is_complete": True, "exitcode": 0},
            "fail": {"is_complete": True, "exitcode": 1},
            "unstorable": {"is_complete": True, "exitcode": 0, "summary": '{"a": "\ud800"}'},
        }
        post = StreamPost(**sent, **more[kind])
        append = self.parts.services.history.append_async
        return lambda: awaited(append(self.ann, self.ann.name, "p", run, post))

    def stored(self) -> dict[tuple[str, int, str], object]:
        """Each value of the sweep's rows by table, row and column, without keys, names and times;
        rows of other tables by their place among the sweep's."""
        found: dict[str, list[dict[str, Any]]] = {}
        places: dict[str, dict[int, int]] = {}
        with self.parts.core.db.read() as connection:
            for table in TABLES:
                key = table.c.id if table is schema.sweeps else table.c.sweep_pk
                query = sa.select(table).where(key == self.sweep.pk).order_by(table.c.id)
                rows = [row._asdict() for row in connection.execute(query)]
                places[f"{table.name[:-1]}_pk"] = {row["id"]: n for n, row in enumerate(rows)}
                found[table.name] = rows
        names = {row["run_id"]: f"run {n}" for n, row in enumerate(found["runs"])}
        names |= {row["display_name"]: f"run {n}" for n, row in enumerate(found["runs"])}
        names[self.sweep.sweep_id] = "the sweep"
        names |= {row["name"]: f"agent {n}" for n, row in enumerate(found["agents"])}
        any_name = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
        values: dict[tuple[str, int, str], object] = {}
        for table, rows in found.items():
            for n, row in enumerate(rows):
                for name, value in row.items():
                    if name in ("id", "sweep_id", "project_pk", "seed"):
                        continue
                    if name in places and value is not None:
                        value = places[name][value]
                    if isinstance(value, str):
                        value = any_name.sub(lambda found: names[found.group()], value)
                    if not isinstance(value, datetime):
                        values[table, n, name] = value
        return values


def _outcome(deed: Callable[[], object]) -> object:
    try:
        return deed()
    except SweepdError as error:
        return error


def drawn_round(rng: random.Random) -> tuple[list[tuple[str, int, float]], bool]:
    """Requests that wait for each other: kind, agent, a number. What a run's client sends one
    after the other does not meet; where one fails, others may change places: none asks there."""
    kinds = rng.choice([*OF_RUNS, OF_SWEEP[0], *OF_SWEEP])
    agents = rng.sample(range(N_AGENTS), rng.randint(2, N_AGENTS))
    drawn = [(rng.choice(kinds), agent, round(abs(rng.gauss(0, 1)), 3)) for agent in agents]
    if "ask" in kinds:
        drawn += [("ask", rng.randrange(N_AGENTS), 0) for _ in range(rng.randint(0, 2))]
        rng.shuffle(drawn)
    return drawn, kinds in OF_SWEEP


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 5))]
)
def test_what_is_asked_at_once_comes_to_what_it_comes_to_in_turn(
    parts: server.Parts, ann: Caller, clock: FakeClock, seed: int
) -> None:
    rng = random.Random(seed)
    sites = [Site(parts, ann, True), Site(parts, ann, False)]
    for n in range(N_ROUNDS):
        round_, takes_sweep = drawn_round(rng)
        if "ask" not in [kind for kind, _, _ in round_]:  # who has no run yet would ask for one
            round_ = [drawn for drawn in round_ if drawn[1] in sites[0].given]
        if round_:
            for site in sites:
                site.make(round_, takes_sweep)
        assert sites[0].told == sites[1].told, (seed, n, round_)
        between = rng.random()
        for site in sites:
            if between < 0.1:
                state = "PAUSED" if between < 0.05 else "RUNNING"
                _outcome(partial(set_state, parts, ann, site.sweep, state))
            elif between < 0.2:
                parts.services.sweeps.enqueue(ann, site.sweep.pk, {"a": n + 10, "b": "x"})
        clock.forward(rng.choice([0, 1, 5]))
        first, second = (site.stored() for site in sites)
        different = {
            at: (first.get(at), second.get(at))
            for at in {*first, *second}
            if first.get(at) != second.get(at)
        }
        assert different == {}, (seed, n, round_)
