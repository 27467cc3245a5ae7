"""PostgreSQL restarted and its connections cut while clients write: nobody sees a 500."""

import threading
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.conftest import start_server, wait_until
from tests.faults.test_disks import Poster
from tests.faults.wire import RUN, Wire

pytestmark = [pytest.mark.faults, pytest.mark.postgres]

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"


def test_cut_connections_lose_nothing_and_are_no_500(postgresql_url: str, tmp_path: Path) -> None:
    server = start_server(tmp_path / "data", SWEEPD_DATABASE=postgresql_url)
    wire = Wire(server)
    names = [f"r{n}" for n in range(6)]
    posters = []
    for name in names:
        wire.ask(RUN, name=name)
        posters.append(Poster(wire, name))
    statuses: Counter[int] = Counter()
    is_over = threading.Event()

    def work(poster: Poster) -> None:
        while not is_over.is_set():
            statuses[poster.post(5)] += 1
            statuses[wire.query("{ viewer { id } }").status] += 1

    threads = [threading.Thread(target=work, args=(poster,)) for poster in posters]
    for thread in threads:
        thread.start()

    def has_passed(seen: int) -> bool:
        return sum(statuses.values()) > seen + 20

    administrator = sa.create_engine(postgresql_url.rsplit("/", 1)[0] + "/postgres")
    name = postgresql_url.rsplit("/", 1)[1]
    n_cut = 0
    with administrator.connect() as connection:
        for _ in range(8):
            seen = sum(statuses.values())
            cut = sa.text(CUT.replace("current_database()", ":name"))
            n_cut += len(connection.execute(cut, {"name": name}).all())
            wait_until(partial(has_passed, seen), 60, lambda: server.log)
    administrator.dispose()
    is_over.set()
    for thread in threads:
        thread.join()
    assert n_cut > 8
    assert set(statuses) <= {200, 503}, (statuses, server.log)
    for poster, name in zip(posters, names, strict=True):
        assert wire.run(name)["historyLineCount"] == poster.n_lines
    server.stop()
    assert "Traceback" not in server.log, server.log
