"""What changes through one server is known to the others at once."""

import queue

import pytest

from sweepd.services.core import Core
from sweepd.services.upkeep.replicas import Replicas
from sweepd.store.database import Database
from sweepd.store.news import N_AT_ONCE, News
from tests.conftest import FakeClock

pytestmark = pytest.mark.postgres


class Server:
    """One of several on a database."""

    def __init__(self, url: str) -> None:
        self.core = Core(Database(url), FakeClock())
        self.heard: queue.Queue[tuple[str, int]] = queue.Queue()
        self.core.changes.listen(lambda kind, pk: self.heard.put((kind, pk)))
        self.replicas = Replicas(self.core, News(url))
        self.replicas.start()
        assert self.replicas.wait_until_listening(60)

    def stop(self) -> None:
        self.replicas.stop()
        self.core.db.close()


def test_each_hears_what_the_other_changed_and_tells_it_to_nobody_again(
    postgresql_url: str,
) -> None:
    one, other = Server(postgresql_url), Server(postgresql_url)
    try:
        one.core.changes.touch("run", 7)
        assert one.heard.get(timeout=60) == ("run", 7)
        assert other.heard.get(timeout=60) == ("run", 7)
        assert other.core.changes.count("run", 7) == 1
        other.core.changes.touch("sweep", 8)
        assert one.heard.get(timeout=60) == ("sweep", 8)
        assert one.core.changes.count("run", 7) == 1, "its own change came back"
    finally:
        one.stop()
        other.stop()


def test_many_changes_at_once_all_arrive(postgresql_url: str) -> None:
    one, other = Server(postgresql_url), Server(postgresql_url)
    wanted = {("run", 10**15 + pk) for pk in range(3 * N_AT_ONCE)}
    try:
        for kind, pk in wanted:
            one.core.changes.touch(kind, pk)
        assert {other.heard.get(timeout=60) for _ in wanted} == wanted
    finally:
        one.stop()
        other.stop()


def test_words_of_others_on_the_channel_are_no_news(postgresql_url: str) -> None:
    news = News(postgresql_url)
    assert news._read("nonsense") == news._read('{"a": 1}') == news._read('["x", [["run", "y"]]]')
    assert news._read('["x", [["run", 3]]]') == [("run", 3)]
    news.close()
