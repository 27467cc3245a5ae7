"""Turns at the search process: in order, the quick ones first, the slow ones apart."""

import threading

from sweepd.services.sweeps.turns import OLDEST_EVERY, Lane, Turns


def test_each_waits_once_in_the_order_they_came() -> None:
    turns = Turns()
    for pk in (3, 1, 3, 2):
        turns.put(pk)
    assert [turns.get() for _ in range(3)] == [3, 1, 2]
    assert turns.empty()


def test_quick_ones_go_first_and_what_was_slow_last() -> None:
    turns = Turns()
    turns.note(1, Lane.SLOW)
    turns.note(3, Lane.QUICK)
    for pk in (1, 2, 3):
        turns.put(pk)
    assert [turns.get() for _ in range(3)] == [3, 2, 1]
    turns.forget(1)  # ended; another of its number would be new
    turns.put(1)
    turns.put(3)
    assert [turns.get(), turns.get()] == [3, 1]


def test_whoever_waits_longest_is_next_after_some_turns() -> None:
    turns = Turns()
    turns.note(1, Lane.SLOW)
    turns.note(2, Lane.SLOW)
    turns.note(3, Lane.QUICK)
    turns.put(1)
    turns.put(2)
    found = []
    for _ in range(2 * OLDEST_EVERY):
        turns.put(3)
        found.append(turns.get())
    assert found.count(3) == 2 * OLDEST_EVERY - 2
    assert found[OLDEST_EVERY - 1] == 1 and found[-1] == 2


def test_whoever_waits_longest_is_next_though_another_joins_its_lane() -> None:
    turns = Turns()
    turns.note(1, Lane.SLOW)
    turns.note(2, Lane.SLOW)
    turns.note(3, Lane.QUICK)
    turns.put(1)
    for _ in range(OLDEST_EVERY - 1):
        turns.put(3)
        assert turns.get() == 3
    turns.put(3)
    turns.put(2)
    assert [turns.get() for _ in range(3)] == [1, 3, 2]


def test_each_thread_takes_from_its_own_lanes() -> None:
    turns = Turns()
    turns.note(1, Lane.SLOW)
    turns.put(1)
    turns.put(2)
    assert turns.get((Lane.QUICK, Lane.NEW)) == 2
    assert turns.empty((Lane.QUICK, Lane.NEW)) and not turns.empty((Lane.SLOW,))
    assert turns.get((Lane.SLOW,)) == 1 and turns.empty()


def test_what_waits_moves_when_its_lane_does() -> None:
    turns, found = Turns(), []
    turns.put(1)
    waiting = threading.Thread(target=lambda: found.append(turns.get((Lane.SLOW,))))
    waiting.start()
    turns.note(1, Lane.SLOW)
    waiting.join(30)
    assert found == [1] and turns.empty()
    turns.put(1)
    turns.forget(1)  # while it waits
    turns.note(1, Lane.QUICK)
    assert turns.get((Lane.QUICK,)) == 1 and turns.empty()


def test_closing_ends_the_waiting() -> None:
    turns, found = Turns(), []
    waiting = threading.Thread(target=lambda: found.append(turns.get()))
    waiting.start()
    turns.close()
    waiting.join(30)
    assert found == [None]
