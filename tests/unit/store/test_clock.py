"""All replicas take their time from the database."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from sweepd.domain.errors import Unavailable
from sweepd.store.clock import DatabaseClock
from sweepd.store.database import Database

START = datetime(2026, 1, 1, tzinfo=UTC)


class Machine:
    """A database's machine: its clock, how long an answer takes, whether it answers."""

    def __init__(self) -> None:
        self.at, self.steady_s, self.is_away = START, 100.0, False
        self.delays_s = [0.0]

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.steady_s += seconds

    @contextmanager
    def read(self) -> Iterator["Machine"]:
        if self.is_away:
            raise Unavailable("gone")
        yield self

    def execute(self, _: object) -> "Machine":
        delay = self.delays_s.pop(0) if len(self.delays_s) > 1 else self.delays_s[0]
        self.forward(delay / 2)
        self._told = self.at
        self.forward(delay / 2)
        return self

    def scalar_one(self) -> datetime:
        return self._told


def clock_of(machine: Machine, own: datetime = START) -> DatabaseClock:
    return DatabaseClock(cast(Any, machine), lambda: own, lambda: machine.steady_s)


def test_it_is_the_databases_whatever_this_machine_says() -> None:
    machine = Machine()
    clock = clock_of(machine, own=START + timedelta(seconds=100))
    assert clock() == START
    machine.forward(7.5)
    assert clock() == machine.at


def test_a_slow_answer_is_worth_less_than_a_quick_one() -> None:
    machine = Machine()
    machine.delays_s = [8.0, 0.002, 3.0, 0.0]
    assert clock_of(machine)() == machine.at


def test_a_clock_that_is_set_is_followed_and_one_out_of_reach_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    machine = Machine()
    clock = clock_of(machine)
    machine.at += timedelta(hours=1)
    clock.measure()
    assert clock() == machine.at
    assert "set by +3600" in caplog.text
    machine.is_away = True
    machine.forward(60)
    with pytest.raises(Unavailable):
        clock.measure()
    assert clock() == machine.at


@pytest.mark.parametrize(("skew_s", "word"), [(100, "100 s ahead of"), (-30, "30 s behind")])
def test_a_clock_that_is_wrong_is_said_at_the_start(
    skew_s: int, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        clock_of(Machine(), START + timedelta(seconds=skew_s))
    assert word in caplog.text
    caplog.clear()
    clock_of(Machine(), START + timedelta(seconds=1))
    assert not caplog.text


@pytest.mark.postgres
def test_postgresql_tells_its_time(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    before = datetime.now(UTC)
    clock = DatabaseClock(database, lambda: before)
    assert abs((clock() - before).total_seconds()) < 60  # here both are one machine's
    database.close()
