"""Event streams are few, and shared fairly: nobody's many pages keep another's from the news."""

from sweepd.web.event_streams import EventStreams


def test_whoever_has_most_gives_way_to_who_has_fewer() -> None:
    streams = EventStreams(10)
    first = [streams.open("greedy") for _ in range(10)]
    assert all(first)
    assert streams.open("greedy") is None
    places = [streams.open("ann") for _ in range(5)]
    assert all(places)
    assert [place.is_set() for place in first if place] == [True] * 5 + [False] * 5
    assert streams.open("ann") is None
    assert streams.open("bob") is not None


def test_a_place_is_given_back_once() -> None:
    streams = EventStreams(2)
    one, two = streams.open("ann"), streams.open("ann")
    assert one and two
    streams.close("ann", one)
    streams.close("ann", one)
    assert streams.open("ann") is not None
    assert streams.open("ann") is None
    streams.close("nobody", one)
