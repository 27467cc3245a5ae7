"""A notebook's page shows ours in the stock client's frames: where the operator said so, and no
more than that; whoever frames a page learns nothing from it."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from real_site import KEY, RealSite, RunningSite
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.conftest import wait_until

SCRIPT = Path(__file__).parent / "frames_script.py"
JUPYTER, SWEEPD = "jupyter.lab.localhost", "sweepd.lab.localhost"  # two hosts of one site
SHOWN = {  # what stands on the page in each frame
    "run.to_html": "a run to frame",
    "api.run.to_html": "a run to frame",
    "api.sweep.to_html": "sweep of framed",
}


@dataclass
class Notebook:
    """A page elsewhere that holds the frames, and what browsers told its server."""

    address: str = ""
    html: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        self.asked.append(f"{request.url} {request.headers.get('cookie', '')}")
        return HTMLResponse(f"<!doctype html><title>notebook</title>{self.html}")


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    """A page on another port of this machine."""
    found = Notebook()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/{path:path}", found.answer)])
    served = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=served.run, args=([listener],), daemon=True)
    thread.start()
    wait_until(lambda: served.started, 60, lambda: "the notebook's server did not start")
    found.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield found
    served.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture(scope="module")
def framing(
    notebook: Notebook, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RealSite, dict[str, str]]]:
    """A server whose operator named that page, and the frames of the stock client."""
    folder = tmp_path_factory.mktemp("framing")
    origins = f"{notebook.address}, {named(notebook.address, JUPYTER)}"
    running = RunningSite(folder / "data", frame_origins=origins)
    site = running.site
    sweep_id, _ = site.sweep_with_runs("framed", 3)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    client = {"WANDB_BASE_URL": site.address, "WANDB_API_KEY": KEY, "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), f"ann/framed/{sweep_id}"],
        cwd=folder,
        env=kept | client | {"WANDB_ERROR_REPORTING": "false", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield site, json.loads(done.stdout.splitlines()[-1])
    running.stop()


def named(address: str, host: str) -> str:
    """An address of this machine under another name: Chromium looks such names up nowhere."""
    return address.replace("127.0.0.1", host)


def sign_in(page: Page, site: RealSite, host: str = "127.0.0.1") -> None:
    token = site.services.sessions.create_link("ann")
    page.goto(f"{named(site.address, host)}/authorize?token={token}")


@pytest.mark.parametrize("called", SHOWN)
def test_a_page_is_shown_and_tells_nothing(
    new_page: Callable[..., Page],
    notebook: Notebook,
    framing: tuple[RealSite, dict[str, str]],
    called: str,
) -> None:
    site, frames = framing
    html = notebook.html = frames[called]
    assert KEY not in html and "token" not in html
    page = new_page()
    sign_in(page, site)
    told: list[str] = []
    page.expose_function("told", lambda text: told.append(text))
    page.add_init_script("addEventListener('message', e => told(JSON.stringify(e.data)))")
    page.goto(f"{notebook.address}/{called}")
    expect(page.frame_locator("iframe").get_by_text(SHOWN[called]).first).to_be_visible()
    read = page.evaluate(
        """() => {
            const frame = document.querySelector("iframe");
            const tries = [
                () => frame.contentWindow.document.cookie,
                () => frame.contentWindow.location.href,
                () => frame.contentWindow.localStorage.length,
            ];
            const open = tries.map(read => { try { return String(read()); } catch { return ""; } });
            return {open, cookie: document.cookie, inner: frame.contentDocument === null};
        }"""
    )
    assert read == {"open": ["", "", ""], "cookie": "", "inner": True}
    assert told == [] and not any(KEY in address for address in notebook.asked)


def test_the_server_of_the_page_around_gets_no_cookie_on_a_host_of_its_own(
    new_page: Callable[..., Page], notebook: Notebook, framing: tuple[RealSite, dict[str, str]]
) -> None:
    site, frames = framing
    notebook.html = named(frames["api.run.to_html"], SWEEPD)
    notebook.asked.clear()
    page = new_page()
    sign_in(page, site, SWEEPD)
    page.goto(f"{named(notebook.address, JUPYTER)}/own-host")
    expect(page.frame_locator("iframe").get_by_text("a run to frame").first).to_be_visible()
    assert notebook.asked and all(said.endswith(" ") for said in notebook.asked), notebook.asked


@pytest.fixture
def refused(browser: Browser) -> Iterator[Page]:
    """A page whose console may tell that a frame was refused."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_the_form_to_sign_in_is_in_no_frame(
    refused: Page, notebook: Notebook, framing: tuple[RealSite, dict[str, str]]
) -> None:
    _, frames = framing
    notebook.html = frames["run.to_html"]
    page = refused
    with page.expect_event("console", lambda said: "frame-ancestors" in said.text):
        page.goto(f"{notebook.address}/stranger")
    assert page.frames[1].url.startswith("chrome-error")


def test_a_page_that_nobody_named_shows_nothing(
    refused: Page, notebook: Notebook, real: RealSite
) -> None:
    _, runs = real.sweep_with_runs("unframed", 2)
    notebook.html = f"<iframe src='{real.address}/ann/unframed/runs/{runs[0]}?jupyter=true'>"
    page = refused
    sign_in(page, real)
    with page.expect_event("console", lambda said: "frame-ancestors" in said.text):
        page.goto(f"{notebook.address}/unnamed")
    assert page.frames[1].url.startswith("chrome-error")
