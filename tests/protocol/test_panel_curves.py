"""Curves of many runs and keys in one answer, as the panels of a page ask for them."""

import json
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import FakeClock
from tests.protocol.conftest import KEY
from tests.protocol.test_access_addresses import sign_in

N = 50


def make_run(parts: server.Parts, caller: Caller, run_id: str, first: int = 0, n: int = N) -> None:
    rows = [
        json.dumps(
            {
                "_step": s,
                "_timestamp": 1e9 + s,
                "loss": 1 / (s + 1),
                "deep": {"a": s},
                "epoch": s // 5,
            }
        )
        for s in range(first, first + n)
    ]
    events = [json.dumps({"_timestamp": 1e9 + s, "system.cpu": s}) for s in range(4)]
    parts.services.runs.upsert(caller, None, "p", run_id, RunChange(config=CONFIG))
    post = StreamPost(
        history=Lines(first, rows),
        events=Lines(0, events),
        summary='{"loss": 1, "img": {"_type": "image-file"}}',
    )
    parts.services.history.append(caller, "ann", "p", run_id, post)


CONFIG = json.dumps({"_wandb": {"value": {"m": [{"1": "epoch"}, {"1": "loss", "5": 1}]}}})


@pytest.fixture
def page(http: TestClient, parts: server.Parts) -> Any:
    """Asks as a page does: (header, numbers), or the response when it is refused."""
    ann = parts.services.users.get_caller("ann")
    make_run(parts, ann, "one")
    make_run(parts, ann, "two", n=7)
    sign_in(http, KEY)

    def ask(tag: str = "", **wanted: Any) -> Any:
        response = http.get(
            "/-/projects/ann/p/curves",
            params={"q": json.dumps(wanted)},
            headers={"If-None-Match": tag} if tag else {},
        )
        if response.status_code != 200:
            return response
        body = response.content
        n = int.from_bytes(body[:4], "little")
        assert (4 + n) % 8 == 0
        head = json.loads(body[4 : 4 + n])
        return head | {"etag": response.headers["etag"]}, np.frombuffer(body[4 + n :], "<f8")

    return ask


def curve(answer: Any, run_id: str, key: str) -> tuple[list[float], list[float], int]:
    head, numbers = answer
    at, n, total = head["runs"][run_id][key]
    return numbers[at : at + n].tolist(), numbers[at + n : at + 2 * n].tolist(), total


def test_many_runs_and_keys_come_at_once(page: Any) -> None:
    answer = page(runs=["one", "two", "nobody"], keys=["loss", "deep.a", "system.cpu", "none"])
    assert answer[0]["runs"].keys() == {"one", "two"}
    assert answer[0]["runs"]["two"].keys() == {"loss", "deep.a", "system.cpu"}
    x, y, n = curve(answer, "two", "loss")
    assert (x, n) == (list(range(7)), 7) and y[:2] == [1, 0.5]
    assert curve(answer, "two", "deep.a")[1] == list(range(7))
    assert curve(answer, "one", "system.cpu")[1] == [0, 1, 2, 3]
    assert curve(page(runs=["one"], keys=["loss"], x="epoch"), "one", "loss")[0][4:6] == [0, 1]
    assert curve(page(runs=["one"], keys=["loss"], low=3, high=5), "one", "loss")[0] == [3, 4, 5]
    assert len(curve(page(runs=["one"], keys=["loss"], points=10), "one", "loss")[0]) <= 12


def test_only_runs_that_went_on_are_sent_again(page: Any, parts: server.Parts) -> None:
    head, _ = page(runs=["one", "two"], keys=["loss"])
    assert page(head["etag"], runs=["one", "two"], keys=["loss"]).status_code == 304
    make_run(parts, parts.services.users.get_caller("ann"), "two", first=7, n=1)
    again, _ = page(head["etag"], runs=["one", "two"], keys=["loss"], known=head["tags"])
    assert again["runs"].keys() == {"two"} and again["tags"].keys() == {"one", "two"}


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"runs": "one"}, "list of texts"),
        ({"runs": ["one"], "keys": ["k"] * 200}, "may hold 100 texts"),
        ({"runs": ["one"], "keys": ["k"], "points": 10**9}, "points"),
        ({"runs": [str(i) for i in range(900)], "keys": [str(i) for i in range(99)]}, "by points"),
        ({"runs": ["one"], "keys": ["loss"], "low": "x"}, "finite number"),
        ({"runs": ["one"], "keys": ["loss"], "low": 1e999}, "finite number"),
        ({"runs": ["one"], "keys": ["loss"], "high": True}, "finite number"),
    ],
)
def test_what_is_no_question_is_refused(page: Any, wanted: dict[str, Any], says: str) -> None:
    answer = page(**wanted)
    assert answer.status_code == 400 and says in answer.json()["error"], answer.text


SWEEP = "method: random\nmetric: {{name: {name}, goal: {goal}}}\nparameters: {{a: {{value: 1}}}}"


def test_what_can_be_drawn_is_told(page: Any, http: TestClient, parts: server.Parts) -> None:
    ann = parts.services.users.get_caller("ann")
    for goal, name in (("minimize", "older"), ("maximize", "loss")):
        text = SWEEP.format(name=name, goal=goal)
        parts.services.sweeps.create(ann, "ann", "p", SweepChange(config_yaml=text))
    found = http.get("/-/projects/ann/p/keys").json()
    assert found == {
        "system": ["system.cpu"],
        "media": {"img": "image-file"},
        "charts": {},
        "steps": {"loss": "epoch"},
        "metric": {"name": "loss", "goal": "maximize"},
    }


def test_what_other_runs_logged_is_not_told(
    page: Any, http: TestClient, parts: server.Parts
) -> None:
    ann = parts.services.users.get_caller("ann")
    parts.services.runs.upsert(ann, None, "p", "bare", RunChange())
    post = StreamPost(history=Lines(0, ['{"_step": 0, "acc": 1}']), summary='{"acc": 1}')
    parts.services.history.append(ann, "ann", "p", "bare", post)

    def keys(*runs: str) -> Any:
        asked = {"q": json.dumps({"runs": runs})}
        return http.get("/-/projects/ann/p/keys", params=asked).json()

    nothing = {"system": [], "media": {}, "charts": {}, "steps": {}, "metric": None}
    assert keys("bare") == keys() == keys("nobody") == nothing
    told = keys("one", "bare", "one")
    assert (told["system"], told["media"]) == (["system.cpu"], {"img": "image-file"})
    assert told["steps"] == {"loss": "epoch"}


def test_runs_older_than_the_newest_hundred_have_their_keys(
    page: Any, http: TestClient, parts: server.Parts, clock: FakeClock
) -> None:
    ann = parts.services.users.get_caller("ann")
    clock.forward(1)
    for k in range(101):
        parts.services.runs.upsert(ann, None, "p", f"later{k}", RunChange())
    asked = {"q": json.dumps({"runs": ["two"]})}
    assert http.get("/-/projects/ann/p/keys").json()["media"] == {}
    assert http.get("/-/projects/ann/p/keys", params=asked).json()["media"] == {"img": "image-file"}


@pytest.mark.parametrize("q", ["", "[", "7", '{"runs": "one"}', json.dumps({"runs": ["r"] * 101})])
def test_keys_of_what_is_no_list_of_runs_are_refused(page: Any, http: TestClient, q: str) -> None:
    assert http.get("/-/projects/ann/p/keys", params={"q": q}).status_code == 400
