"""Looks and seconds, counted to the last."""

import pytest

from sweepd.search import budget
from sweepd.search.budget import EACH, Budget
from sweepd.search.errors import TooMuchWork


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at, self.n_asked = 1000.0, 0
        monkeypatch.setattr(budget.time, "monotonic", self.ask)

    def ask(self) -> float:
        self.n_asked += 1
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_as_many_looks_as_were_allowed_and_none_more(clock: Clock) -> None:
    some = Budget(5, 10.0, "do less")
    some.spend(2)
    some.spend()
    some.spend(2)
    assert not some.is_spent
    with pytest.raises(TooMuchWork, match=r"^nothing was found in 5 looks; do less$"):
        some.spend()
    assert some.is_spent


def test_seconds_count_from_the_beginning_and_the_last_one_counts(clock: Clock) -> None:
    some = Budget(10_000, 10.0, "do less")
    clock.at += 10.0
    some.spend(EACH)
    assert not some.is_spent
    clock.at += 0.1
    assert some.is_spent
    some.spend(EACH - 1)
    with pytest.raises(TooMuchWork, match=r"^nothing was found in 10 s; do less$"):
        some.spend()


def test_the_clock_is_asked_once_in_so_many_looks(clock: Clock) -> None:
    some = Budget(100 * EACH, 10.0, "")
    before = clock.n_asked
    for _ in range(10 * EACH):
        some.spend()
    assert clock.n_asked - before == 10
    some.spend(5 * EACH)
    assert clock.n_asked - before == 11
    for _ in range(EACH - 1):
        some.spend()
    assert clock.n_asked - before == 11
