"""Pages of a project's runs stay true while its runs change, come and go."""

import json
import random

import pytest

from sweepd import server
from sweepd.domain.paging import Start
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.store import runs
from tests.conftest import FakeClock
from tests.unit.services.some_deeds import some_deed

DEEDS = ("create", "create", "change", "change", "delete", "undelete")
QUESTIONS = [
    ("{}", None),
    ("{}", "-summary_metrics.loss"),
    ('{"config.lr.value": {"$gt": 3}}', "+config.lr.value"),
    ('{"tags": "good"}', "-created_at"),
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_pages_are_what_the_whole_selection_says(
    parts: server.Parts, ann: Caller, clock: FakeClock, seed: int
) -> None:
    rng, service = random.Random(seed), parts.services.runs
    project, _ = parts.services.projects.ensure(ann, None, "p", None)
    pks: list[int] = []
    n_asked = 0
    for _ in range(60):
        clock.forward(rng.choice([0.001, 1, 100]))
        change = RunChange(
            config=json.dumps({"lr": {"value": rng.randrange(7)}}),
            summary=json.dumps({"loss": rng.random()} if rng.random() < 0.7 else {}),
            tags=rng.choice([["good"], ["bad"], []]),
        )
        some_deed(service, ann, rng, pks, change, DEEDS)
        for where, order in QUESTIONS if rng.random() < 0.5 else []:
            n_asked += 1
            expected = service.select(project, where, order)
            page = service.select_page(project, where, order)
            assert (page.values, page.count()) == (expected, len(expected))
    assert n_asked > 50


def test_a_change_reads_only_what_changed(
    parts: server.Parts, ann: Caller, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _ = parts.services.projects.ensure(ann, None, "p", None)
    made = [parts.services.runs.upsert(ann, None, "p", f"r{i}", RunChange())[0] for i in range(9)]
    page = parts.services.runs.select_page
    tagged = '{"tags": {"$ne": "old"}}'
    assert page(project, tagged, None, first=2).count() == 9
    n_read: list[int] = []
    load = runs.list_changed_runs

    def counting(*given: object) -> object:
        found, gone = load(*given)  # type: ignore[arg-type]
        n_read.append(len(found))
        return found, gone

    monkeypatch.setattr(runs, "list_changed_runs", counting)
    clock.forward(1000)
    parts.services.runs.change(ann, made[4].pk, RunChange(notes="n"))
    seen = page(project, tagged, None, first=2)
    clock.forward(1000)
    parts.services.runs.change(ann, made[5].pk, RunChange(notes="n"))
    assert page(project, tagged, None, Start(seen.items[-1][0]), 2).count() == 9
    assert n_read[-1] == 2  # the one that changed now, and the one that was last before
