"""What was found ahead is kept, what was not is looked for again after a while."""

from collections.abc import Callable, Iterator

import pytest

from sweepd.domain.before import WorkFirst, writing
from sweepd.search.errors import NoFeasibleConfig, SearchError, TooMuchWork
from sweepd.services.sweeps import ahead


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds, moved by hand; nothing is kept from other tests."""
    now = [1000.0]
    monkeypatch.setattr(ahead.time, "monotonic", lambda: now[0])
    ahead._found.clear()
    yield now
    ahead._found.clear()


class Finder:
    """Finds 1, 2, 3, …, or raises, and counts."""

    def __init__(self, error: SearchError | None = None) -> None:
        self.error, self.n_calls = error, 0

    def __call__(self) -> int:
        self.n_calls += 1
        if self.error is not None:
            raise self.error
        return self.n_calls


def test_what_was_found_is_found_once_until_it_is_forgotten(clock: list[float]) -> None:
    find = Finder()
    assert [ahead.kept("a", find), ahead.kept("a", find)] == [1, 1]
    clock[0] += 1e6
    assert ahead.kept("a", find) == 1, "however long ago"
    assert ahead.kept("b", find) == 2
    ahead.forget("a")
    assert not ahead.is_kept("a")
    assert ahead.kept("a", find) == 3
    ahead.forget("nothing of that name")


def test_what_was_not_found_is_told_again_and_looked_for_after_a_minute(
    clock: list[float],
) -> None:
    find = Finder(TooMuchWork("too wide"))
    for seconds in (0.0, 1.0, ahead.FAILED_S - 2.0):
        clock[0] += seconds
        with pytest.raises(TooMuchWork, match="too wide"):
            ahead.kept("a", find)
    assert find.n_calls == 1
    clock[0] += 1.0
    assert not ahead.is_kept("a")
    find.error = None
    assert ahead.kept("a", find) == 2


def test_only_so_many_things_are_kept_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "MAX_KEPT", 3)
    for key in "abcd":
        ahead.kept(key, Finder())
    assert [ahead.is_kept(key) for key in "abcd"] == [False, True, True, True]


def test_a_write_asks_for_what_has_to_be_found_first() -> None:
    find = Finder()
    with writing():
        with pytest.raises(WorkFirst) as asked:
            ahead.kept("a", find)
        assert find.n_calls == 0
    asked.value.work()
    asked.value.work()  # two writes asked for the same
    assert find.n_calls == 1
    with writing():
        assert ahead.kept("a", find) == 1


def test_an_error_of_another_kind_is_not_kept() -> None:
    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ahead.kept("a", fail)
    assert not ahead.is_kept("a")


@pytest.mark.parametrize("error", [TooMuchWork("x"), NoFeasibleConfig("x")])
def test_a_glance_comes_first_and_is_not_taken_again_where_it_failed(error: SearchError) -> None:
    quick, find = Finder(), Finder()
    assert ahead.quick_or_kept("a", quick, find) == 1
    assert not ahead.is_kept("a"), "a glance costs nothing"
    failing = Finder(error)
    looks: list[Callable[[], int]] = [failing, failing]
    assert [ahead.quick_or_kept("a", look, find) for look in looks] == [1, 1]
    assert (failing.n_calls, find.n_calls) == (1, 1)


def test_other_errors_of_a_glance_are_the_callers() -> None:
    with pytest.raises(SearchError, match="broken"):
        ahead.quick_or_kept("a", Finder(SearchError("broken")), Finder())


def test_texts_of_files_are_told_apart() -> None:
    assert ahead.digest("a: 1") == ahead.digest("a: 1") != ahead.digest("a: 2")
    assert len(ahead.digest("a" * 10_000)) == 16
