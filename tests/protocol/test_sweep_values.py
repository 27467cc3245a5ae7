"""What a sweep file may hold: what could never be handed out is refused at once."""

import json
from typing import Any

import pytest
import yaml

from tests.protocol.test_any_value import AGENT, BEAT, SWEEP

REFUSED = [
    "!!binary aGVsbG8=",
    "!!set {a, b}",
    "!!omap [a: 1]",
    "!!timestamp 2024-01-01",
    "0x" + "f" * 5000,
    "9" * 5000,
    "!!int x",
    "!!float x",
    "!!bool x",
]


@pytest.mark.parametrize("written", REFUSED, ids=lambda text: text[:12])
def test_what_no_config_can_hold_is_refused_at_once(written: str, ask: Any) -> None:
    for place in ("value: {}", "values: [1, {}]", "values: [[{}]]"):
        text = f"method: grid\nparameters:\n  x:\n    {place.format(written)}\n"
        answer = ask(SWEEP, config=text)
        assert answer.status_code == 400
        assert "line 4" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("written", ["2024-01-01", "2024-01-01 10:00:00", "2024-13-45"])
def test_dates_are_handed_out_as_they_are_written(written: str, ask: Any) -> None:
    text = f"method: grid\nparameters: {{x: {{values: ['{written}']}}, y: {{value: {written}}}}}"
    text = text.replace(f"'{written}'", written)
    sweep = ask(SWEEP, config=text)["upsertSweep"]["sweep"]
    agent = ask(AGENT, sweep=sweep["name"])["createAgent"]["agent"]["id"]
    [told] = json.loads(ask(BEAT, id=agent)["agentHeartbeat"]["commands"])
    assert told["args"] == {"x": {"value": written}, "y": {"value": written}}
    assert yaml.safe_load(json.dumps(told))
