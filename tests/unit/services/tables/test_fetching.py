"""Documents fetched part by part: shared, bounded, and gone when nobody takes them."""

import pytest

from sweepd.domain.errors import Unavailable
from sweepd.services.tables import fetching
from sweepd.services.tables.fetching import Documents, Opened, joined


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def taken(documents: Documents, opened: Opened) -> bytes:
    """All of a document."""
    return b"".join(documents.part(opened.number, place) for place in range(opened.n_parts))


def test_a_document_is_made_once_while_nothing_changes() -> None:
    documents, made = Documents(), []

    def make() -> list[bytes]:
        made.append(1)
        return [b"ab", b"c"]

    first, second = (documents.open("one", make) for _ in range(2))
    assert taken(documents, first) == taken(documents, second) == b"abc"
    assert first.n_bytes == 3
    assert len(made) == 1
    taken(documents, documents.open("two", make))
    assert len(made) == 2


def test_a_document_taken_by_all_goes_when_another_is_made() -> None:
    documents = Documents()
    old = documents.open("old", lambda: [b"x"])
    documents.open("old", lambda: [b"x"])
    assert taken(documents, old) == b"x"
    documents.open("new", lambda: [b"y"])
    assert taken(documents, old) == b"x"  # the other has not taken it
    documents.open("newest", lambda: [b"z"])
    with pytest.raises(Unavailable, match="ask again"):
        documents.part(old.number, 0)


def test_what_nobody_takes_goes() -> None:
    clock = Clock()
    documents = Documents(clock)
    opened = documents.open("one", lambda: [b"x"])
    clock.now = fetching.REST_S
    assert documents.drop_idle() == 1
    clock.now += 1
    assert documents.drop_idle() == 0
    with pytest.raises(Unavailable):
        documents.part(opened.number, 0)


def test_what_is_taken_too_slowly_goes() -> None:
    clock = Clock()
    documents = Documents(clock)
    opened = documents.open("one", lambda: [b"x" * fetching.PART_BYTES] * 20)
    while clock.now + fetching.REST_S <= fetching.MAX_FETCH_S:
        clock.now += fetching.REST_S
        assert documents.part(opened.number, 0)
    documents.open("one", lambda: [b"y"])  # another begins
    clock.now += fetching.REST_S
    assert documents.part(opened.number, 1)
    while clock.now <= 2 * fetching.MAX_FETCH_S:
        clock.now += fetching.REST_S
        try:
            documents.part(opened.number, 2)
        except Unavailable:
            break
    assert clock.now == 2 * fetching.MAX_FETCH_S + fetching.REST_S


def test_all_documents_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_BYTES", 5)
    clock = Clock()
    documents = Documents(clock)
    opened = []
    for number in range(3):
        clock.now += 1
        opened.append(documents.open(number, lambda: [b"xx"]))
    with pytest.raises(Unavailable):
        documents.part(opened[0].number, 0)
    assert taken(documents, opened[1]) == taken(documents, opened[2]) == b"xx"
    huge = documents.open("huge", lambda: [b"x" * 100])
    assert taken(documents, huge) == b"x" * 100  # alone it may be larger


def test_short_parts_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PART_BYTES", 4)
    assert joined([b"a", b"b", b"cc", b"d", b"eeeeeeee", b"f"]) == [
        b"abcc",
        b"d",
        b"eeeeeeee",
        b"f",
    ]
    assert joined([]) == []
