"""Work beside the requests goes on after a failure, and ends when told."""

import threading

import pytest

from sweepd.domain.errors import Unavailable
from sweepd.services.background import Background


def test_a_failure_is_logged_and_the_work_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    n_done, is_enough = 0, threading.Event()

    def work() -> None:
        nonlocal n_done
        n_done += 1
        if n_done == 3:
            is_enough.set()
        raise ValueError("no luck")

    background = Background("trying", work, 0.0)
    background.start()
    assert is_enough.wait(60)
    background.stop()
    assert "trying failed; trying again in 0 s" in caplog.text and "no luck" in caplog.text


def test_an_outage_is_one_line_when_it_begins_and_one_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    n_done, is_enough = 0, threading.Event()

    def work() -> None:
        nonlocal n_done
        n_done += 1
        if n_done >= 8:
            is_enough.set()
        if n_done < 4 or n_done in (5, 6):
            raise Unavailable("the database is away")

    background = Background("looking", work, 0.0)
    background.start()
    assert is_enough.wait(60)
    background.stop()
    assert caplog.text.count("looking cannot go on: the database is away") == 2
    assert caplog.text.count("looking can go on again") == 2


def test_stopping_ends_a_pause_within_the_work_and_waits_for_it() -> None:
    is_begun, told = threading.Event(), []

    def work() -> None:
        is_begun.set()
        told.append(background.pause(3600))

    background = Background("waiting", work, 3600, first_wait_s=0)
    background.start()
    assert is_begun.wait(60)
    background.stop()
    assert told == [True]


def test_what_never_began_can_be_stopped() -> None:
    Background("nothing", lambda: None, 1).stop()
