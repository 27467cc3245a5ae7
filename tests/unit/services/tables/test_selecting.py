"""A table of columns selects exactly what the runs themselves would say, whatever they hold."""

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.paging import Start
from sweepd.domain.users import Caller
from sweepd.services.filters import mongo
from sweepd.services.runs.runs import RunChange
from sweepd.services.tables.tables import Tables
from tests.conftest import FakeClock
from tests.unit.services.some_deeds import some_deed

KEYS = ["lr", "a", "a.b", "a.b.c", "opt.value", "value", "net", "x.value.y"]
VALUES: list[Any] = [
    *(0, 1, 1.0, -0.0, 0.5, 1e308, float("nan"), float("inf"), 2**53, 2**53 + 1, 2**62, 2**70),
    *(True, False, None, "", "a", "1", "adam", "2026-01-31", "é\u2028", "x" * 2000, "y" * 1500),
    *([], [1, 2], ["adam", "b"], [True], {}, {"b": 1}, {"b": {"c": "adam"}}, {"c": 0.5}),
    *({"value": 3}, {"y": 1, "value": {"y": 2}}, {"min": 0.25, "max": 4}, {"_type": "image"}),
]
PATHS = [
    *(f"config.{key}" for key in (*KEYS, "lr.value", "a.value.b", "a.b.value", "_wandb.t", "gone")),
    *(f"summary_metrics.{key}" for key in (*KEYS, "_step")),
    *("keys_info.keys.lr.previousValue", "summary.a.b"),
    *("state", "tags", "name", "display_name", "group", "notes", "username", "project", "entity"),
    *("created_at", "heartbeatAt", "duration", "exitcode", "jobType", "sweep", "description"),
]
TIMES = ["2026-11-28T00:00:00", "2026-11-28T00:00:00+00:00", "2026-01-31", "2026-11-28Tsoon"]
OPERATORS = ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]


def some_object(rng: random.Random, keys: Sequence[str] = KEYS) -> dict[str, Any]:
    return {key: rng.choice(VALUES) for key in rng.sample(keys, rng.randrange(4))}


def some_filter(rng: random.Random, depth: int = 2) -> dict[str, Any]:
    if depth and rng.random() < 0.3:
        inner = [some_filter(rng, depth - 1) for _ in range(rng.randrange(3))]
        return {rng.choice(["$and", "$or", "$nor"]): inner}
    if depth and rng.random() < 0.1:
        return {"$not": some_filter(rng, depth - 1)}
    path = rng.choice(PATHS)
    is_time = path in ("created_at", "heartbeatAt")
    value = rng.choice([*TIMES, None]) if is_time else rng.choice(VALUES)
    chance = rng.random()
    if chance < 0.2:
        return {path: value}
    if chance < 0.7:
        names = rng.sample(OPERATORS, rng.choice([1, 1, 2]))
        return {
            path: {name: rng.choice(TIMES) if is_time else rng.choice(VALUES) for name in names}
        }
    if chance < 0.8:
        return {path: {rng.choice(["$in", "$nin"]): [value, value]}}
    if chance < 0.9:
        return {path: {"$exists": rng.choice([True, False])}}
    other = {"$regex": "a"} if is_time else rng.choice([{"$contains": "a"}, {"$size": 2}])
    return {path: {"$not": rng.choice([other, {"$regex": "^(a|1)"}])}}


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(3))
def test_columns_select_what_the_runs_say(
    parts: server.Parts, ann: Caller, clock: FakeClock, seed: int
) -> None:
    rng, service, tables = random.Random(seed), parts.services.runs, Tables(parts.core.db)
    project, _ = parts.services.projects.ensure(ann, None, "p", None)
    pks: list[int] = []
    for _ in range(12):
        for _ in range(10):
            clock.forward(rng.choice([0, 0.000001, 1, 3.5, 100]))
            change = RunChange(
                config=json.dumps(
                    {k: rng.choice([v, {"value": v}]) for k, v in some_object(rng).items()}
                    | rng.choice([{}, {"_wandb": {"value": {"t": 3}}}])
                ),
                summary=json.dumps(some_object(rng) | {"_step": 3}),
                tags=rng.choice([["good"], ["bad", "adam"], []]),
                notes=rng.choice([None, "a", "n" * 1200]),
                group_name=rng.choice([None, "g", "adam"]),
            )
            some_deed(service, ann, rng, pks, change)
        runs = service.list_all(project)
        for _ in range(40):
            where = rng.choice([None, json.dumps(some_filter(rng))])
            order = rng.choice(
                [None, *(f"{rng.choice('+-')}{rng.choice(PATHS)}" for _ in range(4))]
            )
            check(tables, project.pk, runs, where, order, rng)


def check(
    tables: Tables, pk: int, runs: list[Any], where: str | None, order: str | None, rng: Any
) -> None:
    """The same runs in the same order, the same keys, the same page behind any of them."""
    said = f"{where} {order}"
    try:
        expected = mongo.select(runs, where, order)
    except BadInput as error:
        with pytest.raises(BadInput) as refused:
            tables.select(pk, where, order, Start(), None)
        assert str(refused.value) == str(error)
        return
    found, n_all = tables.select(pk, where, order, Start(), None)
    assert [place[1] for place in found] == [run.pk for run in expected], said
    assert n_all == len(expected)
    rank = mongo.ranker(order)
    assert repr([key for key, _ in found]) == repr([mongo.key_of(rank(run)) for run in expected])
    if found:
        at = rng.randrange(len(found))
        rest, _ = tables.select(pk, where, order, Start(found[at][0]), 5)
        assert rest == found[at + 1 : at + 6], said
