"""What comes in the same turns of a loop is handed over together, in its order, all of it."""

import asyncio
import contextvars
from collections.abc import Callable

import pytest

from sweepd.store.loop_batches import LoopBatches, OfLoop


def handed_over(most: int, *turns: int) -> list[list[int]]:
    """The batches that come of so many items in each turn of a loop."""

    async def add() -> list[list[int]]:
        found: list[list[int]] = []
        batches = LoopBatches[int](asyncio.get_running_loop(), most, found.append)
        n = 0
        for n_items in turns:
            for _ in range(n_items):
                batches.add(n)
                n += 1
            await asyncio.sleep(0)
        while sum(map(len, found)) < n:
            await asyncio.sleep(0)
        return found

    return asyncio.run(add())


@pytest.mark.parametrize(
    ("most", "turns", "sizes"),
    [
        (9, [1], [1]),
        (9, [3], [3]),
        (9, [2, 1, 4], [7]),  # each turn brought more
        (9, [2, 0, 0, 4], [2, 4]),
        (4, [2, 1, 4], [4, 3]),
        (4, [11], [4, 4, 3]),
        (2, [1, 1, 1, 1, 1], [2, 2, 1]),
    ],
)
def test_a_batch_ends_with_a_turn_that_brings_no_more_or_enough(
    most: int, turns: list[int], sizes: list[int]
) -> None:
    found = handed_over(most, *turns)
    assert [len(batch) for batch in found] == sizes
    assert [n for batch in found for n in batch] == [*range(sum(turns))]


def test_while_it_is_held_nothing_is_handed_over_and_then_all() -> None:
    async def add() -> list[list[int]]:
        found: list[list[int]] = []
        batches = LoopBatches[int](asyncio.get_running_loop(), 9, found.append)
        batches.hold()
        for n in range(3):
            batches.add(n)
            await asyncio.sleep(0)
        assert found == []
        batches.release()
        batches.add(3)
        for _ in range(5):
            await asyncio.sleep(0)
        batches.add(4)
        for _ in range(5):
            await asyncio.sleep(0)
        return found

    assert asyncio.run(add()) == [[0, 1, 2, 3], [4]]


def test_who_is_held_while_more_waits_goes_on_when_released() -> None:
    """As a transaction that is committed, when more came than goes into one."""

    async def add() -> list[list[int]]:
        found: list[list[int]] = []

        def take(batch: list[int]) -> None:
            found.append(batch)
            batches.hold()

        batches = LoopBatches[int](asyncio.get_running_loop(), 2, take)
        for n in range(5):
            batches.add(n)
        for n_batches in (1, 2, 3):
            for _ in range(5):
                await asyncio.sleep(0)
            assert len(found) == n_batches
            batches.release()
        return found

    assert asyncio.run(add()) == [[0, 1], [2, 3], [4]]


def test_they_are_handed_over_as_part_of_no_request() -> None:
    who = contextvars.ContextVar("who", default="nobody")

    async def add() -> list[str]:
        found: list[str] = []
        batches = LoopBatches[int](asyncio.get_running_loop(), 9, lambda _: found.append(who.get()))
        who.set("ann")
        batches.add(1)
        while not found:
            await asyncio.sleep(0)
        return found

    assert asyncio.run(add()) == ["nobody"]


def test_a_loop_has_one_and_another_none_until_the_first_is_closed() -> None:
    made: list[int] = []
    of_loop: OfLoop[int] = OfLoop(lambda _: made.append(len(made)) or len(made))

    async def of(more: Callable[[], object] = lambda: None) -> list[object]:
        loop = asyncio.get_running_loop()
        beside = await asyncio.to_thread(more)
        return [of_loop.of(loop), beside, of_loop.of(loop)]

    async def first() -> list[object]:
        of_loop.of(asyncio.get_running_loop())
        return await of(lambda: asyncio.run(of()))

    assert asyncio.run(first()) == [1, [None, None, None], 1]
    assert asyncio.run(of()) == [2, None, 2]
