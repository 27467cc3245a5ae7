"""A project read from another server over HTTP, and whom its key is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sweepd import server
from sweepd.cli import other_server
from sweepd.cli.other_server import OtherServer
from sweepd.domain.errors import BadInput, NotSignedIn, Unavailable
from sweepd.domain.users import Caller
from sweepd.services.moving.wire_project import WireProject
from sweepd.settings import Settings
from tests.conftest import wait_until
from tests.unit.services.moving import projects
from tests.unit.services.moving.test_project_intake import is_whole, take

KEY = "k" * 40


@contextmanager
def serve(app: Starlette) -> Iterator[str]:
    """The address of an app on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
    thread.start()
    wait_until(lambda: running.started, 60, lambda: "the server did not start")
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    running.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A server of somebody else's, and the keys it was told."""
    told: list[str] = []

    async def answer(request: Request) -> Response:
        told.append(request.headers.get("authorization", ""))
        return PlainTextResponse("bytes")

    with serve(Starlette(routes=[Route("/file", answer)])) as url:
        yield url, told


@pytest.mark.slow
def test_a_project_comes_over_http(parts: server.Parts, ann: Caller, tmp_path: Path) -> None:
    other, owner = projects.make(tmp_path / "other")
    key = other.services.users.add_key("ann", KEY)
    with serve(server.make_app(other)) as url:
        source = WireProject(OtherServer(url, key), url, "ann", "p")
        assert len(take(parts, ann, source)) == 1 + 3 + 4 + 3  # sweep, versions, runs, views
        assert is_whole(parts, ann, (other, owner))
        with pytest.raises(NotSignedIn):
            list(WireProject(OtherServer(url, "x" * 40), url, "ann", "p").runs())
    other.core.db.close()


def test_a_key_goes_to_its_server_alone(elsewhere: tuple[str, list[str]]) -> None:
    url, told = elsewhere

    async def lead(request: Request) -> Response:
        return RedirectResponse(f"{url}/file", 302)

    routes = [Route("/moved", lead), Route("/graphql", lead, methods=["POST"])]
    with serve(Starlette(routes=routes)) as own:
        wire = OtherServer(own, KEY)
        with pytest.raises((BadInput, Unavailable)):
            wire.query("{ viewer { id } }")
        assert b"".join(wire.read(f"{url}/file")) == b"bytes"
        assert b"".join(wire.read(f"{own}/moved")) == b"bytes"
        assert b"".join(OtherServer(url, KEY).read("/file")) == b"bytes"
    assert told[:3] == ["", "", ""] and told[3].startswith("Basic ")


def test_an_answer_opens_no_file_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    wire = OtherServer("http://127.0.0.1:9", KEY)
    for address in (f"file://{tmp_path}/secret", "ftp://127.0.0.1/x"):
        with pytest.raises(BadInput, match="which is no address"):
            list(wire.read(address))
    with pytest.raises(Unavailable, match="import again"):
        list(wire.read("http://127.0.0.1:9/x"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://h/ann/p", ("https://h", "ann", "p")),
        ("http://h:8/below/it/ann/p/", ("http://h:8/below/it", "ann", "p")),
        ("https://wandb.ai/ann/a%20p", ("https://api.wandb.ai", "ann", "a p")),
    ],
)
def test_an_address_is_a_projects_page(address: str, expected: tuple[str, str, str]) -> None:
    assert other_server.read_address(address) == expected


@pytest.mark.parametrize("address", ["https://h", "https://h/ann", "https://u:p@h/ann/p"])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="expected https://SERVER/ENTITY/PROJECT"):
        other_server.read_address(address)


def test_the_key_of_another_address_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", "https://mine.example")
    settings = Settings(data=tmp_path)
    with pytest.raises(NotSignedIn, match=r"no API key for https://h.example"):
        other_server.connect(settings, "https://h.example")
    (tmp_path / "netrc").write_text(f"machine h.example login user password {KEY}\n")
    (tmp_path / "netrc").chmod(0o600)
    assert isinstance(other_server.connect(settings, "https://h.example"), OtherServer)
    assert isinstance(other_server.connect(settings, "https://mine.example"), OtherServer)
