"""What each client of a shared run has sent."""

from sweepd.store import writers
from sweepd.store.history import Stream
from sweepd.store.writers import Place
from tests.unit.store.world import World


def test_lines_are_counted_by_run_client_and_stream(world: World) -> None:
    c = world.connection
    run, other = world.run().pk, world.run().pk
    assert writers.count_sent(c, run, "x", Stream.HISTORY) == 0
    for n in (3, 7):
        writers.set_sent(c, run, "x", Stream.HISTORY, n)
    writers.set_sent(c, run, "y", Stream.HISTORY, 1)
    writers.set_sent(c, run, "x", Stream.EVENTS, 2)
    writers.set_sent(c, other, "x", Stream.HISTORY, 9)
    found = [
        writers.count_sent(c, pk, client, stream)
        for pk, client, stream in (
            (run, "x", Stream.HISTORY),
            (run, "y", Stream.HISTORY),
            (run, "x", Stream.EVENTS),
            (other, "x", Stream.HISTORY),
        )
    ]
    assert found == [7, 1, 2, 9]
    writers.forget(c, run)
    assert writers.count_sent(c, run, "x", Stream.HISTORY) == 0
    assert writers.count_sent(c, other, "x", Stream.HISTORY) == 9


def test_places_are_those_that_overlap_or_end_just_before(world: World) -> None:
    c = world.connection
    run = world.run().pk
    places = [Place(0, 5, 100), Place(5, 5, 200), Place(20, 5, 300)]
    for place in reversed(places):
        writers.set_place(c, run, "x", place)
    writers.set_place(c, run, "y", Place(5, 5, 400))
    assert writers.list_places(c, run, "x", 0, 100) == places
    assert writers.list_places(c, run, "x", 10, 20) == [places[1]]
    assert writers.list_places(c, run, "x", 11, 20) == []
    assert writers.list_places(c, run, "x", 11, 21) == [places[2]]
    assert writers.list_places(c, run, "x", 5, 6) == places[:2]
    assert places[1].end_line == 10
    writers.set_place(c, run, "x", Place(5, 8, 200))
    assert writers.list_places(c, run, "x", 12, 13) == [Place(5, 8, 200)]
    writers.forget(c, run)
    assert writers.list_places(c, run, "x", 0, 100) == []


def test_what_one_client_sent_of_one_stream_is_no_others(world: World) -> None:
    c, run = world.connection, world.run().pk
    sent = {
        (client, stream): 10 * i + int(stream) + 1
        for i, client in enumerate("abc")
        for stream in Stream
    }
    for (client, stream), n in sent.items():
        writers.set_sent(c, run, client, stream, n)
        writers.set_place(c, run, client, Place(0, 2, 10 * ord(client)))
    for (client, stream), n in sent.items():
        assert writers.count_sent(c, run, client, stream) == n
        assert writers.list_places(c, run, client, 0, 9) == [Place(0, 2, 10 * ord(client))]
    assert len(sent) == 9
