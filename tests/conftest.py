"""What tests share: a clock one sets, a server's services on a temporary folder, a real server."""

import asyncio
import functools
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
import sqlalchemy as sa

from sweepd import server
from sweepd.cli.client import Client
from sweepd.domain.users import Caller
from sweepd.settings import Settings
from sweepd.store import migrate
from sweepd.store.database import sqlite_url

ROOT = Path(__file__).parent.parent
T = TypeVar("T")

# A busy machine must not fail a test that is right; `make check` tries fewer examples.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the pages last: Playwright keeps an event loop running in the main thread, in which
    no other can be started from its first test on. With several workers, the files whose tests
    share a server, a browser or a trained model stay on one."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    for item in items:
        folder = item.path.parent.name
        if folder != "protocol" and "unit" not in item.path.parts:
            group = folder if folder == "workload" else item.path.stem
            item.add_marker(pytest.mark.xdist_group(group))


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


def build_parts(data: Path, clock: FakeClock, database_url: str = "") -> server.Parts:
    """A server's services on an empty folder, nothing running between calls."""
    if not database_url:
        data.mkdir(parents=True, exist_ok=True)
        (data / "sweepd.db").write_bytes(_new_database())
    return server.build(Settings(data=data, database=database_url), clock)


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
        30,
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


def _postgresql_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of an empty PostgreSQL server of our own, on loopback, ended with the session."""
    programs = _postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed (Debian: postgresql)")
    # PostgreSQL refuses to run as root: there its own user gets a folder of its own.
    become = ["--reuid=postgres", "--regid=postgres", "--init-groups"]
    prefix = ["setpriv", *become] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="sweepd-pg-") as folder:
        os.chmod(folder, 0o777)
        data, port = Path(folder) / "data", free_port()
        subprocess.run(
            [*prefix, programs / "initdb", "-D", data, "-U", "sweepd", "-A", "trust", "-E", "UTF8"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", folder, "-c", "fsync=off"]
        log_path = Path(folder) / "log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [*prefix, programs / "postgres", "-D", data, *options],
                stdout=log,
                stderr=log,
                cwd=folder,
            )
        wait_until(lambda: b"ready to accept" in log_path.read_bytes(), 120, log_path.read_text)
        yield f"postgresql+psycopg://sweepd@127.0.0.1:{port}"
        process.send_signal(signal.SIGQUIT)  # nothing of it is kept
        process.wait(120)


def _execute(address: str, statement: str) -> None:
    engine = sa.create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str) -> str:
    """The name of a database at the newest schema: its migrations run once in a session."""
    _execute(postgresql, "CREATE DATABASE newest")
    engine = sa.create_engine(f"{postgresql}/newest")
    migrate.upgrade(engine, f"{postgresql}/newest")
    engine.dispose()
    return "newest"


@pytest.fixture
def postgresql_url(postgresql: str, postgresql_template: str) -> Iterator[str]:
    """A database of the newest schema on that server, dropped with the test."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(postgresql, f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    yield f"{postgresql}/{name}"
    _execute(postgresql, f"DROP DATABASE {name} WITH (FORCE)")
