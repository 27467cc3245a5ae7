"""What the pages read of a sweep is read by programs too, with an API key and nothing else."""

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.web import run_documents
from tests.protocol.conftest import KEY, authorization
from tests.unit.services.handing_out import log, make_sweep, register, work_off

OTHER = "bob-" + "b" * 40


@pytest.fixture
def points(http: TestClient, parts: server.Parts, ann_caller: Caller) -> str:
    """The address of the points of a sweep of ann's whose runs have all ended."""
    sweep = make_sweep(parts, ann_caller)
    for number, run_id in enumerate(
        work_off(parts, ann_caller, register(parts, ann_caller, sweep))
    ):
        log(parts, ann_caller, run_id, 0, 1.0 + number, 0.5 + number)
    return f"/-/sweeps/ann/p/{sweep.sweep_id}/points"


@pytest.mark.slow
@pytest.mark.parametrize("headers", [authorization(KEY), {"Authorization": f"Bearer {KEY}"}])
def test_points_are_those_that_are_documented(
    http: TestClient, points: str, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(run_documents, "_in_columns")  # a list, whatever their number
    answer = http.get(f"{points}?as=runs", headers=headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["sweep"]["metric"]["name"] == "loss" and len(found["runs"]) == 6
    for number, run in enumerate(found["runs"]):
        assert run["state"] == "finished" and run["n_steps"] == 2
        assert run["metric"] == {"last": 0.5 + number, "min": 0.5 + number, "max": 1.0 + number}
        assert run.keys() >= {"id", "name", "config", "summary", "created_at", "ended_at", "agent"}
    known = headers | {"If-None-Match": answer.headers["etag"]}
    assert http.get(f"{points}?as=runs", headers=known).status_code == 304
    since = http.get(points, params={"since": found["at"]}, headers=headers).json()
    assert {run["id"] for run in since["changed"]} <= {run["id"] for run in found["runs"]}
    assert since["gone"] == [] and since["n"] == 6


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer nobody"}, 401),
        ({"Authorization": "Basic !"}, 401),
        (authorization(OTHER), 404),
    ],
)
def test_nobody_else_reads_them(
    http: TestClient, parts: server.Parts, points: str, headers: dict[str, str], status: int
) -> None:
    parts.services.users.add_user("bob", OTHER)
    answer = http.get(points, headers=headers)
    assert answer.status_code == status and answer.json()["error"]


def test_a_key_alone_changes_nothing_on_the_pages(http: TestClient, points: str) -> None:
    address = points.replace("points", "actions")
    body = {"action": "state", "state": "CANCELED"}
    assert http.post(address, json=body, headers=authorization(KEY)).status_code == 401
