"""What tests share: a clock one sets, a server's services on a temporary folder, a real server."""

import asyncio
import functools
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
import sqlalchemy as sa

from bench import postgresql as bench_postgresql
from sweepd import server
from sweepd.cli.client import Client
from sweepd.domain.users import Caller
from sweepd.settings import Settings
from sweepd.store import migrate
from sweepd.store.sqlite import sqlite_url
from tests import ordering, surroundings
from tests.postgresql import Databases

surroundings.settle()
ROOT = Path(__file__).parent.parent
T = TypeVar("T")

# A busy machine must not fail a test that is right; `make check` tries fewer examples.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
hypothesis.settings.register_profile(  # for tests/mutants: the same examples for each change
    "mutants",
    deadline=None,
    max_examples=20,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@dataclass
class FakeClock:
    """A clock that moves only when told."""

    at: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


def awaited(work: Coroutine[Any, Any, T]) -> T:
    """The result of what the server awaits on its event loop; in a loop and thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make deploy` asks for what takes minutes and a machine of one's own."""
    parser.addoption("--deploy", action="store_true", help="also what is marked `deploy`")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers, the files whose tests share a server, a browser or a trained model
    stay on one. What coverage would tell of slow tests and of those through a server's door, quick
    ones have told already: there it only takes time. Who asks for PostgreSQL is marked so."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
    if not config.getoption("--deploy"):
        items[:] = [item for item in items if item.get_closest_marker("deploy") is None]
    for item in items:
        if "postgresql" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)
        if not ordering.is_alone(item):
            folder = item.path.parent.name
            group = folder if folder == "workload" else item.path.stem
            item.add_marker(pytest.mark.xdist_group(group))
        if not ordering.is_alone(item) or item.get_closest_marker("slow") is not None:
            item.add_marker(pytest.mark.no_cover)
    items[:] = ordering.in_order(items)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `both_databases` is tried on each: the services promise the same on both."""
    is_marked = metafunc.definition.get_closest_marker("both_databases") is not None
    if is_marked and "database_url" in metafunc.fixturenames:
        other = pytest.param("postgresql", marks=pytest.mark.postgres)
        metafunc.parametrize("database_url", ["sqlite", other], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """The database of `parts`; empty for SQLite, which it is unless a test is given another."""
    if getattr(request, "param", "sqlite") in ("", "sqlite"):
        return ""
    return str(request.getfixturevalue("postgresql_url"))


@functools.cache
def _new_database() -> bytes:
    """A SQLite database at the newest schema: its migrations run once in a session."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweepd.db"
        engine = sa.create_engine(sqlite_url(path))
        migrate.upgrade(engine, sqlite_url(path))
        engine.dispose()
        return path.read_bytes()


def build_parts(
    data: Path, clock: FakeClock, database_url: str = "", **settings: Any
) -> server.Parts:
    """A server's services on an empty folder, nothing running between calls."""
    if not database_url:
        data.mkdir(parents=True, exist_ok=True)
        (data / "sweepd.db").write_bytes(_new_database())
    return server.build(Settings(data=data, database=database_url, **settings), clock)


@pytest.fixture
def parts(tmp_path: Path, clock: FakeClock, database_url: str) -> Iterator[server.Parts]:
    """A server's services, nothing running between calls."""
    built = build_parts(tmp_path / "data", clock, database_url)
    yield built
    built.core.db.close()


@pytest.fixture
def ann(parts: server.Parts) -> Caller:
    """A user."""
    parts.services.users.add_user("ann")
    return parts.services.users.get_caller("ann")


@pytest.fixture
def bob(parts: server.Parts) -> Caller:
    """Another user, who must see nothing of ann's."""
    parts.services.users.add_user("bob")
    return parts.services.users.get_caller("bob")


@dataclass
class RunningServer:
    """A real server in a process of its own."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    log_path: Path
    key: str = ""
    public_url: str = ""  # of the proxy in front, when there is one

    @property
    def url(self) -> str:
        """Its address."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has printed."""
        return self.log_path.read_text(errors="replace")

    @property
    def client(self) -> Client:
        """Its first user's client."""
        return Client(self.url, self.key)

    def environment(self, home: Path) -> dict[str, str]:
        """For a stock client: this server, a home of its own, nothing of the machine's user."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
        return kept | {
            "HOME": str(home),
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": self.key,
            "WANDB_ERROR_REPORTING": "false",
            "WANDB_SILENT": "false",
            "PYTHONWARNINGS": "ignore",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def stop(self) -> None:
        """End it politely."""
        self.process.terminate()
        self.process.wait(15)


@functools.cache
def _ports() -> Iterator[int]:
    """Ports no other worker of this session tries, below those the system gives to connections."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
    slot = range(16_000 + 1_000 * worker, 17_000 + 1_000 * worker)
    begin = random.SystemRandom().randrange(len(slot))
    return itertools.cycle([*slot[begin:], *slot[:begin]])


def free_port() -> int:
    """A port nobody listens on now."""
    for port in itertools.islice(_ports(), 1_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("all of this worker's thousand ports are in use")


def wait_until(
    condition: Callable[[], object], timeout_s: float, otherwise: Callable[[], str]
) -> None:
    """Wait for a condition with a deadline; fail with what `otherwise` tells."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s} s: {otherwise()}")
        time.sleep(0.05)


def start_server(
    data: Path, port: int | None = None, *, flags: dict[str, bool] | None = None, **environ: str
) -> RunningServer:
    """Start `sweepd serve` on a folder and wait until it answers.

    Args:
        flags: Feature flags that this server sets otherwise: `{"SWEEPS_QUERY_FILTERING": False}`.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not list(data.glob("sweepd.db*")) and "SWEEPD_DATABASE" not in environ:
        (data / "sweepd.db").write_bytes(_new_database())  # which `migrate` would make so
    port = port or free_port()
    log_path = data / "serve.log"
    program = ["tests.flagged", json.dumps(flags)] if flags else ["sweepd"]
    n_before = log_path.stat().st_size if log_path.exists() else 0  # of an earlier server there
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *program, "serve", "--data", str(data), "--port", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env=os.environ | environ,
        )
    public_url = environ.get("SWEEPD_PUBLIC_URL", "")
    running = RunningServer(data, port, process, log_path, public_url=public_url)
    wait_until(
        lambda: b"Ctrl-C stops" in log_path.read_bytes()[n_before:] or process.poll() is not None,
        120,  # a second, but for machines where a dozen others work
        lambda: running.log,
    )
    assert process.poll() is None, running.log
    running.key = json.loads((data / "local.key").read_text())["key"]
    return running


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunningServer]:
    """A real server on a free port, ended with the test."""
    running = start_server(tmp_path / "server")
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="session")
def shared_live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One real server for tests that only add to it, each in a project of its own."""
    running = start_server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of an empty PostgreSQL server of our own, on loopback, ended with the session."""
    if bench_postgresql.programs() is None:
        pytest.skip("PostgreSQL's programs are not installed (Debian: postgresql)")
    with bench_postgresql.serving(free_port()) as address:
        yield address


@pytest.fixture(scope="session")
def postgresql_databases(postgresql: str) -> Databases:
    """Databases of the newest schema on that server, for one test after the other."""
    return Databases(postgresql)


@pytest.fixture
def postgresql_url(
    request: pytest.FixtureRequest, postgresql_databases: Databases
) -> Iterator[str]:
    """An empty database of the newest schema."""
    if request.node.get_closest_marker("postgres") is None:
        pytest.fail("mark this case `postgres`: `make check` leaves such out")
    address = postgresql_databases.take()
    yield address
    postgresql_databases.give_back(address)
