"""Fixtures that all tests share, and which tests are run, in which order."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from bench import postgresql as bench_postgresql
from sweepd import server
from sweepd.domain.users import Caller
from tests import costs, ordering, statements
from tests.again import pytest_runtest_logreport as pytest_runtest_logreport
from tests.parts import build_parts as build_parts
from tests.postgresql import Databases
from tests.servers import ROOT as ROOT
from tests.servers import RunningServer as RunningServer
from tests.servers import free_port as free_port
from tests.servers import start_server as start_server
from tests.timing import FakeClock as FakeClock
from tests.timing import awaited as awaited
from tests.timing import count_own_seconds
from tests.timing import wait_until as wait_until

statements.share()
count_own_seconds()

# A busy machine must not fail a test that is right; `make check` tries fewer examples.
BUSY = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("default", **BUSY)
hypothesis.settings.register_profile("quick", **BUSY, max_examples=20)
hypothesis.settings.register_profile(  # for tests/mutants: the same examples for each change
    "mutants",
    **BUSY,
    max_examples=20,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make deploy` asks for what takes minutes and a machine of one's own."""
    parser.addoption("--deploy", action="store_true", help="also what is marked `deploy`")


def pytest_configure(config: pytest.Config) -> None:
    """`make check` tells what does not belong into a quick loop."""
    if os.environ.get("HYPOTHESIS_PROFILE") == "quick":
        config.pluginmanager.register(costs.Costs())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays: looking for garbage among it finds none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """A worker holds thousands of tests till its end: let no collection of garbage look at them."""
    if "PYTEST_XDIST_WORKER" in os.environ:  # tests/mutants, in one process, looks for functions
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers, the files whose tests share a server, a browser or a trained model
    stay on one. What coverage would tell of the walks over everything and of tests through a
    server's API, other tests have told already: there it only takes time. Who asks for PostgreSQL
    is marked so."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
    if not config.getoption("--deploy"):
        items[:] = [item for item in items if item.get_closest_marker("deploy") is None]
    for item in items:
        if "postgresql" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)
        folder = item.path.parent.name
        is_walk = folder == "protocol" and item.get_closest_marker("slow") is not None
        if is_walk or not ordering.is_alone(item):
            item.add_marker(pytest.mark.no_cover)
    for item, group in ordering.groups(items):
        item.add_marker(pytest.mark.xdist_group(group))
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
