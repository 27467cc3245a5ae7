"""What engines that are told results by an object of their own are told."""

from bench.search.peers import _Told


def test_each_result_is_told_once_by_the_object_of_its_own_config() -> None:
    told = _Told()
    first, again = (told.handed_out({"x": 1}, own) for own in ("one", "two"))
    assert told.news([]) == []
    assert told.news([(again, 0.5)]) == [("two", 0.5)]
    assert told.news([(again, 0.5), (first, None)]) == [("one", None)]
    assert told.news([(again, 0.5), (first, None)]) == []
