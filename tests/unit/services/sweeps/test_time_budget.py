"""A sweep's time: used up from its last moment on, and in people's words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sweepd.search.grammar.sweep_file import parse
from sweepd.services.sweeps import time_budget

END = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "expected"), [(-1, False), (0, True), (1, True), (9e6, True)])
def test_time_is_used_up_from_its_end_on(
    seconds: float, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: Any = None
    monkeypatch.setattr(time_budget, "ends_at", lambda _, __: END)
    assert time_budget.is_spent(nothing, nothing, END + timedelta(seconds=seconds)) is expected
    monkeypatch.setattr(time_budget, "ends_at", lambda _, __: None)
    assert not time_budget.is_spent(nothing, nothing, END)


@pytest.mark.parametrize(
    ("extras", "expected"), [({}, None), ({"budget": "90m"}, "1h 30m"), ({"budget": 45}, "45s")]
)
def test_a_budget_is_told_as_people_write_it(extras: dict[str, Any], expected: str | None) -> None:
    raw = {"method": "random", "parameters": {"a": {"value": 1}}, "sweepd": extras}
    assert time_budget.text(parse(raw)) == expected
