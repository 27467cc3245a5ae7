"""What replicas hear of each other; that it arrives, `services/upkeep/test_replicas.py` tells."""

import json

import pytest

from sweepd.domain.errors import Unavailable
from sweepd.store.news import News

NOBODY = "postgresql+psycopg://nobody@127.0.0.1:1/none"  # no server listens there


@pytest.mark.parametrize(
    ("word", "heard"),
    [
        (["other", [["run", 7], ["sweep", 8]]], [("run", 7), ("sweep", 8)]),
        (["other", []], []),
        (["other", [["run", "x"]]], []),
        (["other", [["run"]]], []),
        (["other", 7], []),
        ("a word of others", []),
        (7, []),
        (["one", "two", "three"], []),
    ],
)
def test_what_others_changed_is_heard_and_what_is_no_news_is_not(
    word: object, heard: list[tuple[str, int]]
) -> None:
    assert News(NOBODY)._read(json.dumps(word)) == heard


def test_what_is_no_json_is_no_news() -> None:
    assert News(NOBODY)._read("{") == []


def test_its_own_word_comes_back_and_is_not_heard() -> None:
    one, other = News(NOBODY), News(NOBODY)
    word = json.dumps([one._own, [["run", 7]]])
    assert one._read(word) == []
    assert other._read(word) == [("run", 7)]


def test_a_server_that_is_away_is_told_as_such_and_costs_nothing_else() -> None:
    news = News(NOBODY)
    for _ in range(2):
        with pytest.raises(Unavailable, match="the other servers cannot be told"):
            news.tell([("run", 7)])
        with pytest.raises(Unavailable, match="the other servers cannot be heard"):
            next(news.listen(0.1))
    news.close()
    news.close()
