"""What a page makes of columns is what it would be told of each run."""

import base64
import json
import random
from typing import Any

import numpy as np
import pytest

from sweepd import server
from sweepd.domain.encoding import to_json
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.tables.tables import Tables
from sweepd.web import shapes
from tests.conftest import FakeClock
from tests.unit.services.some_deeds import some_deed
from tests.unit.services.tables.test_selecting import some_object

KEYS = ("lr", "a", "opt.value", "net", "mode")  # no two name the same place
OPTIONAL = ("stop_reason", "agent", "sweep", "group", "user")


def each(column: dict[str, Any], n: int) -> dict[int, Any]:
    """The values of a column by place, as `rows.js` reads it."""
    found: dict[int, Any] = {}
    packed = base64.b64decode(column.get("n", ""))
    kind = {8: "<f8", 4: "<f4", 2: "<i2", 1: "<i1", 0: "<f8"}[len(packed) // max(n, 1)]
    none = np.iinfo(kind).min if "i" in kind else np.nan
    for i, number in enumerate(np.frombuffer(packed, kind)):
        if number == number and number != none:
            found[i] = float(number)
    packed = base64.b64decode(column.get("c", ""))
    kind = {4: "<i4", 2: "<i2", 1: "<i1", 0: "<i1"}[len(packed) // max(n, 1)]
    for i, code in enumerate(np.frombuffer(packed, kind)):
        if code >= 0:
            found[i] = column["t"][code]
    return found | dict(column.get("x", []))


def unpack(table: dict[str, Any]) -> list[dict[str, Any]]:
    """The runs of a document, as `rows.js` makes them."""
    runs: list[dict[str, Any]] = [
        dict.fromkeys(OPTIONAL)
        | {"notes": "", "tags": [], "config": {}, "summary": {}}
        | {"metric": dict.fromkeys(("last", "min", "max"))}
        for _ in range(table["n"])
    ]
    for name, column in table["facts"].items():
        for i, value in each(column, table["n"]).items():
            runs[i][name] = value
    for part in ("config", "metric", "summary"):
        for name, column in table[part].items():
            for i, value in each(column, table["n"]).items():
                runs[i][part][name] = value
    for name, packed in table["times"].items():
        for i, at in enumerate(np.frombuffer(base64.b64decode(packed), "<f8")):
            runs[i][name] = None if at != at else int(at)
    return runs


def told(run: Any) -> dict[str, Any]:
    """A run as it is told by itself, its times as columns have them."""
    shown = json.loads(to_json(shapes.from_run(run)))
    for name in ("created_at", "started_at", "ended_at"):
        at = getattr(run, name)
        shown[name] = None if at is None else round(at.timestamp() * 1e6)
    return dict(shown)


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(3))
def test_columns_tell_what_the_runs_tell(
    parts: server.Parts, ann: Caller, clock: FakeClock, seed: int
) -> None:
    rng, service, tables = random.Random(seed), parts.services.runs, Tables(parts.core.db)
    project, _ = parts.services.projects.ensure(ann, None, "p", None)
    pks: list[int] = []
    for _ in range(25):
        clock.forward(rng.choice([0, 0.000001, 1, 100]))
        change = RunChange(
            config=json.dumps({k: {"value": v} for k, v in some_object(rng, KEYS).items()}),
            summary=json.dumps(
                some_object(rng, KEYS) | {"_step": 3, "nested": some_object(rng, KEYS)}
            ),
            tags=rng.choice([["good"], []]),
            notes=rng.choice([None, "a", "n" * 1200]),
            host=rng.choice([None, "h"]),
        )
        some_deed(service, ann, rng, pks, change)
        if rng.random() < 0.3:
            expected = [told(run) for run in service.list_all(project)]
            assert unpack(json.loads(b"".join(tables.runs(project.pk)))) == expected
