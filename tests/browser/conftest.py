"""A browser, a small server with made-up sweeps, and pages that fail their test on any error."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from contexts import close
from fixture_app import FixtureApp, Site
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from plots import open_plot
from synthetic import six

from tests.chromium import ARGUMENTS, MISSING, chromium_path
from tests.conftest import wait_until

if TYPE_CHECKING:
    from real_site import RealSite

DEADLINE_MS = 45_000
expect.set_options(timeout=DEADLINE_MS)  # machines that test are busy


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    path = chromium_path()
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The fixture server on a free port."""
    fixture = FixtureApp()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(fixture.app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    wait_until(lambda: server.started, 60, lambda: "the fixture server did not start")
    yield Site(fixture, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator["RealSite"]:
    """A whole server for one file, whose tests use projects of their own."""
    from real_site import RunningSite

    running = RunningSite(tmp_path_factory.mktemp("site"))
    yield running.site
    running.stop()


@pytest.fixture
def signed_in(new_page: Callable[..., Page], real: "RealSite") -> Page:
    """A page whose browser is signed in as ann."""
    page = new_page()
    token = real.services.sessions.create_link("ann")
    page.goto(f"{real.address}/authorize?token={token}")
    return page


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Pages of their own context; any script error or policy violation fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}} | options)
        context.set_default_timeout(DEADLINE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                errors.append(message.text)
                if message.type == "error"
                and "Failed to load resource" not in message.text
                and "window.broken" not in message.text
                and "inline script" not in message.text
                and "?frame" not in message.location["url"]  # logged pages, which are not ours
                else None
            ),
        )
        return page

    yield make
    for context in contexts:
        close(context)
    assert not errors, errors


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page of usual size."""
    return new_page()


@pytest.fixture
def plot(page: Page, site: Site) -> Page:
    """A page with the six runs."""
    open_plot(page, site.add("six", six()))
    return page
