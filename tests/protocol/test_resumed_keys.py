"""What a script that resumes is told of the client's private part of a config."""

import json

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from tests.protocol.conftest import Ask

PRIVATE = {"t": {"1": [1]}, "cli_version": "0.31.0", "e": {"w": {"os": "x"}}}
RUN = """query R($keys: [String!]) { model(name: "p", entityName: "ann") {
  bucket(name: "r", missingOk: true) { wandbConfig(keys: $keys) } } }"""


def told(ask: Ask, *keys: str) -> object:
    found = ask(RUN, keys=list(keys) or None)
    return json.loads(found["model"]["bucket"]["wandbConfig"])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [((), PRIVATE), (("t",), {"t": PRIVATE["t"]}), (("t", "none"), {"t": PRIVATE["t"]})],
)
def test_keys_that_are_asked_for_and_no_others(
    ask: Ask, parts: server.Parts, ann_caller: Caller, keys: tuple[str, ...], expected: object
) -> None:
    config = json.dumps({"_wandb": {"value": PRIVATE}, "lr": {"value": 1}})
    parts.services.runs.upsert(ann_caller, None, "p", "r", RunChange(config=config, host="h"))
    assert told(ask, *keys) == expected


@pytest.mark.parametrize("private", [{}, {"e": {"w": {}}}, {"cli_version": "0.31.0"}])
def test_a_run_that_no_client_has_begun_has_none(
    ask: Ask, parts: server.Parts, ann_caller: Caller, private: object
) -> None:
    """Its client would go on with a run that never was."""
    config = json.dumps({"_wandb": {"value": private}, "lr": {"value": 1}})
    parts.services.runs.upsert(ann_caller, None, "p", "r", RunChange(config=config))
    assert told(ask) == told(ask, "t") == told(ask, "e") == {}
