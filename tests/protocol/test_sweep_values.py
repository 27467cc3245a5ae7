"""What a sweep file may hold: what could never be handed out is refused at once."""

import json
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from tests.protocol.conftest import KEY
from tests.protocol.test_access_addresses import sign_in
from tests.protocol.test_any_value import AGENT, BEAT, SWEEP

pytestmark = pytest.mark.slow  # each operation on a folder of its own

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


TEXTS = ["\ud800", "\0", "\x1b[31m", "\u202e", "a\nb", "x" * 5_000, "'; rm -rf ~; '", "</script>"]
PLACES = [
    '{"name": T}',
    '{"description": T}',
    '{"program": T}',
    '{"metric": {"name": T}}',
    '{"parameters": {T: {"value": 1}}}',
    '{"parameters": {"x": {"parameters": {T: {"values": [1, 2]}}}}}',
    '{"command": [T]}',
    '{"run_cap": T}',
    '{"sweepd": {"constraints": [T]}}',
    "{T: T}",
]


@pytest.mark.parametrize("place", PLACES)
def test_any_text_anywhere_in_a_sweep_file_is_refused_or_works(
    place: str, ask: Any, http: TestClient
) -> None:
    sign_in(http, KEY)
    for text in TEXTS:
        more = json.loads(place.replace("T", json.dumps(text)))
        config = {"method": "grid", "parameters": {"x": {"values": [1, 2]}}, **more}
        made = ask(SWEEP, config=json.dumps(config))
        if not isinstance(made, dict):
            assert made.status_code == 400, (text, made.text)
            continue
        sweep = made["upsertSweep"]["sweep"]["name"]
        agent = ask(AGENT, sweep=sweep)["createAgent"]["agent"]["id"]
        assert ask(BEAT, id=agent)["agentHeartbeat"]["commands"]
        for path in ("points", "details", "insights", "curves"):
            answer = http.get(f"/-/sweeps/ann/p/{sweep}/{path}")
            assert answer.status_code == 200, (text, path, answer.text)
        assert http.get(f"/ann/p/sweeps/{sweep}").status_code == 200
    assert http.get("/ann/p").status_code in (200, 404)
