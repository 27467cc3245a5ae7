"""Open pages of a large project cost the process that answers agents nothing that grows with it."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.store import overviews, run_counts, runs, sweep_points, sweep_runs
from tests.protocol.conftest import KEY, authorization
from tests.unit.services.handing_out import log, make_sweep, register, work_off

GROWING = (  # reads of all runs of a project or a sweep
    (overviews, "version_of_points"),
    (run_counts, "version_of_runs"),
    (run_counts, "count_states"),
    (run_counts, "ended_version"),
    (sweep_runs, "best_sweep_run"),
    (runs, "list_project_runs"),
    (sweep_points, "list_points"),
)
RUNS = """query Runs($project: String!, $entity: String!) {
  project(name: $project, entityName: $entity) {
    runCount runs(first: 2) { edges { node { name } } } } }"""


@pytest.fixture
def aside(
    http: TestClient, parts: server.Parts, ann_caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A sweep in a project that is large here; whatever grows with it fails in this process."""
    sweep = make_sweep(parts, ann_caller)
    agent = register(parts, ann_caller, sweep)
    for number, run_id in enumerate(work_off(parts, ann_caller, agent)):
        log(parts, ann_caller, run_id, 0, 1.0 + number, 0.5 + number)
    monkeypatch.setattr(parts.aside, "_large", 3)
    parts.aside.start()
    try:
        assert parts.aside.readers.of(sweep.project_pk, waits=True) is not None
        for module, name in GROWING:
            monkeypatch.setattr(module, name, pytest.fail)
        yield sweep.sweep_id
    finally:
        parts.aside.stop()


def test_all_that_tabs_ask_is_read_aside(
    http: TestClient, parts: server.Parts, ann_caller: Caller, aside: str
) -> None:
    def read(path: str, **params: str) -> Any:
        answer = http.get(path, params=params, headers=authorization(KEY))
        assert answer.status_code == 200, answer.text
        known = authorization(KEY) | {"If-None-Match": answer.headers["etag"]}
        assert http.get(path, params=params, headers=known).status_code == 304
        return answer.json()

    base = f"/-/sweeps/ann/p/{aside}"
    for path in (f"{base}/points", "/-/projects/ann/p/runs"):
        whole = read(path)
        assert whole["table"]["n"] == 6 and "runs" not in whole
        first = parts.services.runs.get(ann_caller, "ann", "p", _one_of(parts, ann_caller, aside))
        parts.services.runs.change(ann_caller, first.pk, RunChange(display_name=path))
        changed = read(path, since=whole["at"])
        assert changed["n"] == 6 and changed["gone"] == []
        assert path in {run["name"] for run in changed["changed"]}
    assert read(f"{base}/points")["sweep"]["n_done"] == 6
    assert len(read(f"{base}/points", **{"as": "runs"})["runs"]) == 6
    assert (
        read(f"{base}/details")["best"]["run_id"] == read(f"{base}/points")["sweep"]["best_run_id"]
    )
    assert read(f"{base}/insights")["n_runs"] == 6
    asked = {"query": RUNS, "variables": {"project": "p", "entity": "ann"}}
    answer = http.post("/graphql", json=asked, headers=authorization(KEY)).json()
    assert answer["data"]["project"]["runCount"] == 6


def _one_of(parts: server.Parts, ann: Caller, sweep_id: str) -> str:
    sweep = parts.services.sweeps.get(ann, "ann", "p", sweep_id)
    return parts.services.sweeps.runs(sweep, 1)[0].run_id
