"""Whatever one person sends, another's heartbeats and posts are answered meanwhile.

The attacks are those of `python -m bench.hostile`, which says how quickly; each is made here for a
short while on one server. What happens to data that is lost or damaged, and to access that has
ended (items 2, 3, 4 and 8), is tried where that is: `test_damaged_bytes.py`, `test_sessions.py`,
`unit/test_data_folder.py`.
"""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from bench.hostile import queries, strangers, sweep_files, uploads
from bench.hostile.target import Attack, Target, target

pytestmark = pytest.mark.faults

ATTACKS = [*strangers.ATTACKS, *sweep_files.ATTACKS, *queries.ATTACKS, *uploads.ATTACKS]
SHORT_S = 0.7
ENOUGH = 40  # heartbeats and posts beside an attack; a long one goes on beside the next
LATEST_S = 30.0  # on the busiest machine; what it takes on a quiet one, the measurement says
SWEEP = """mutation { upsertSweep(input: {projectName: "honest",
  config: "method: random\\nparameters: {a: {min: 0.0, max: 1.0}}"}) { sweep { name } } }"""
AGENT = """mutation A($sweep: String!) { createAgent(input: {host: "h", projectName: "honest",
  sweep: $sweep}) { agent { id } } }"""
BEAT = "mutation H($id: ID!) { agentHeartbeat(input: {id: $id}) { commands } }"
RUN = """mutation { upsertBucket(input: {modelName: "honest", name: "r"}) { bucket { id } } }"""


class Honest:
    """Somebody else's agent and run: one heartbeat and one post after the other."""

    def __init__(self, at: Target) -> None:
        self._at = Target(at.server, at.server.key, at.data)
        made = self._ask(SWEEP)["upsertSweep"]["sweep"]["name"]
        self._agent = self._ask(AGENT, sweep=made)["createAgent"]["agent"]["id"]
        self._ask(RUN)
        self._n_lines = 0

    def _ask(self, document: str, **variables: Any) -> dict[str, Any]:
        status, data = self._at.ask(document, **variables)
        assert status == 200, data
        return dict(data)

    def beat(self) -> None:
        """One of both.

        Raises:
            AssertionError: It was refused, or not answered by the deadline.
        """
        self._ask(BEAT, id=self._agent)
        line = json.dumps({"_step": self._n_lines, "loss": 0.5})
        files = {"wandb-history.jsonl": {"offset": self._n_lines, "content": [line]}}
        path = "/files/root/honest/r/file_stream"
        status, body, _ = self._at.send(
            "POST", path, json.dumps({"files": files}).encode(), timeout_s=LATEST_S
        )
        assert status == 200, body
        self._n_lines += 1


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Target, Honest]]:
    with target(tmp_path_factory.mktemp("attacked")) as at:
        yield at, Honest(at)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_others_are_answered_meanwhile(
    attacked: tuple[Target, Honest], attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (strangers, sweep_files):
        monkeypatch.setattr(module, "SECONDS", SHORT_S)
    monkeypatch.setattr(uploads, "PROJECT", f"harm-{ATTACKS.index(attack)}")
    at, honest = attacked
    told: list[str] = []
    failed: list[Exception] = []

    def attempt() -> None:
        try:
            told.append(attack.act(at))
        except Exception as error:  # a long one may outlive the server
            failed.append(error)

    attacking = threading.Thread(target=attempt, daemon=True)
    attacking.start()
    n_beats = 0
    while n_beats < 3 or (attacking.is_alive() and n_beats < ENOUGH):
        honest.beat()
        n_beats += 1
    assert at.server.process.poll() is None
    assert not failed, "the attack itself failed"
