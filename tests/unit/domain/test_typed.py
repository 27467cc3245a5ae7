"""Fields of dataclasses made of what came from outside are of their declared kinds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

from sweepd.domain.errors import BadInput
from sweepd.domain.typed import check_types


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    n: int


@dataclass(frozen=True)
class Outer:
    name: str = "x"
    n: int | None = None
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    colour: Colour = Colour.RED
    anything: Mapping[str, Any] = field(default_factory=dict)
    inner: Mapping[str, Inner] = field(default_factory=dict)
    names: Sequence[str] = ()
    read: Callable[[], int] = int


GOOD: list[dict[str, Any]] = [
    {},
    {"n": 3, "names": ["a", "b"], "anything": {"a": [None]}},
    {"inner": {"a": Inner(1)}, "names": ("a",)},
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name: expected str, got None"),
    ({"n": "3"}, "n: expected int | None, got '3'"),
    ({"n": True}, "n: expected int"),
    ({"n": 3.0}, "n: expected int"),
    ({"at": "2026-01-01"}, "at: expected datetime"),
    ({"colour": "red"}, "colour: expected Colour"),
    ({"anything": []}, "anything: expected"),
    ({"anything": {1: 2}}, "anything: expected"),
    ({"inner": {"a": 1}}, "inner: expected"),
    ({"inner": {"a": Inner("x")}}, "inner, n: expected int, got 'x'"),  # type: ignore[arg-type]
    ({"names": "ab"}, "names: expected"),
    ({"names": ["a", 1]}, "names: expected"),
    ({"read": 5}, "read: expected"),
]


@pytest.mark.parametrize("given", GOOD)
def test_what_fits_is_taken(given: dict[str, Any]) -> None:
    check_types(Outer(**given), "it")


@pytest.mark.parametrize(("given", "told"), BAD)
def test_what_does_not_is_told(given: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_types(Outer(**given), "it")
    assert str(caught.value).startswith(f"it, {told}")
