"""A page that merges what it is sent has all that it would get anew, whatever happens."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import FakeClock, awaited
from tests.protocol.conftest import KEY
from tests.protocol.test_access_addresses import sign_in

YAML = """\
method: random
metric: {name: loss, goal: minimize}
parameters: {x: {min: 0.0, max: 1.0}}
run_cap: 50
"""


class Shown:
    """What a page shows of an address, brought up to date as its script does it."""

    def __init__(self, http: TestClient, address: str) -> None:
        self.http, self.address = http, address
        self.document = self.ask()
        self.n_sent = 0

    def ask(self, **params: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get(self.address, params=params).json()
        return answer

    def refresh(self) -> None:
        answer = self.ask(since=self.document["at"])
        self.n_sent = len(answer.get("changed", answer.get("runs", ())))
        if "changed" not in answer:
            self.document = answer
            return
        runs = {run["id"]: run for run in self.document["runs"]}
        for run_id in answer["gone"]:
            runs.pop(run_id, None)
        runs |= {run["id"]: run for run in answer["changed"]}
        assert len(runs) == answer["n"], "the page would have to ask for all again"
        self.document = {"sweep": answer["sweep"], "runs": list(runs.values()), "at": answer["at"]}

    def check(self, what: str) -> None:
        self.refresh()
        whole = self.ask()
        assert self.document["sweep"] == whole["sweep"], what
        mine, all_ = ({run["id"]: run for run in it["runs"]} for it in (self.document, whole))
        assert mine == all_, what


@pytest.mark.slow
def test_changes_merged_are_all_there_is(
    http: TestClient, parts: server.Parts, ann_caller: Caller, clock: FakeClock
) -> None:
    services, ann = parts.services, ann_caller
    sweep, _ = services.sweeps.create(ann, "ann", "p", SweepChange(config_yaml=YAML))
    agent = services.scheduling.register_agent(ann, "ann", "p", sweep.sweep_id, "host")
    sign_in(http, KEY)
    pages = [
        Shown(http, f"/-/sweeps/ann/p/{sweep.sweep_id}/points"),
        Shown(http, "/-/projects/ann/p/runs"),
    ]
    ids: list[str] = []

    def hand_out() -> None:
        for command in awaited(services.scheduling.heartbeat(ann, agent.pk, frozenset()))[1]:
            if command.kind == "run" and command.run_id:
                change = RunChange(host="host", program="x.py", sweep_id=sweep.sweep_id)
                services.runs.upsert(ann, "ann", "p", command.run_id, change)
                ids.append(command.run_id)

    def pk() -> int:
        return int(services.runs.get(ann, "ann", "p", random.Random(len(ids)).choice(ids)).pk)

    def append(**more: Any) -> None:
        run_id = ids[-1]
        run = services.runs.get(ann, "ann", "p", run_id)
        lines = Lines(run.history_lines, [json.dumps({"loss": random.random()})])
        services.history.append(ann, "ann", "p", run_id, StreamPost(history=lines, **more))

    deleted: list[int] = []

    def delete() -> None:
        deleted.append(services.runs.get(ann, "ann", "p", ids.pop()).pk)
        services.runs.delete(ann, deleted[-1])

    operations: dict[str, Callable[[], Any]] = {
        "hand out": hand_out,
        "log": append,
        "summary": lambda: append(summary=json.dumps({"loss": 0.25, "word": "w"})),
        "rename": lambda: services.runs.change(ann, pk(), RunChange(display_name="n")),
        "tag": lambda: services.runs.change(ann, pk(), RunChange(tags=("a", "b"))),
        "another": lambda: services.runs.upsert(ann, "ann", "p", "alone", RunChange()),
        "stop": lambda: services.runs.stop(ann, pk()),
        "end": lambda: append(is_complete=True, exitcode=0),
        "set state": lambda: services.runs.set_state(
            ann, services.runs.get(ann, "ann", "p", "alone").pk, "failed"
        ),
        "next": hand_out,
        "fail": lambda: append(is_complete=True, exitcode=3),
        "delete": delete,
        "undelete": lambda: services.runs.undelete(ann, deleted.pop()),
        "rewind": lambda: services.runs.rewind(ann, "ann", "p", ids[-1], 0),
        "retry": lambda: services.sweeps.retry(ann, sweep.pk, ["failed"]),
        "again": hand_out,
        "cap": lambda: services.sweeps.raise_cap(ann, sweep.pk, 60),
        "pause": lambda: services.sweeps.update(
            ann, sweep.pk, SweepChange(state=SweepState.PAUSED)
        ),
    }
    for name, operate in operations.items():
        operate()
        for page in pages:
            page.check(name)
        clock.forward(60)
    assert len(pages[0].document["runs"]) >= 2
    for page in pages:
        page.refresh()
        assert page.n_sent <= 1  # the last one changed stays within the overlap
    clock.forward(-7200)
    services.runs.change(ann, pk(), RunChange(notes="by a clock that was set back"))
    for page in pages:
        page.check("after the clock was set back")
