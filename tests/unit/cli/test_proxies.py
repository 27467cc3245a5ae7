"""Forward proxies: who is asked through one, and what clients that we start are told."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sweepd.cli import local, proxies
from sweepd.cli.client import Client

HERE = ["http://127.0.0.1:8787", "http://127.3.4.5", "http://localhost:1", "http://[::1]:8787/x"]
ELSEWHERE = ["http://10.0.0.1", "https://sweeps.example.org", "http://localhost.example.org", "x"]


@pytest.fixture
def server() -> Iterator[str]:
    """What answers as a sweepd does."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({"sweepd": "ok"})

        def do_POST(self) -> None:
            self._answer({"data": {"viewer": "ann"}})

        def _answer(self, said: dict[str, object]) -> None:
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Answers) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that nothing comes through."""
    for name in (*proxies.NAMES, "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.mark.parametrize("url", HERE)
def test_loopback_is_here(url: str) -> None:
    assert proxies.is_here(url)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nothing_else_is(url: str) -> None:
    assert not proxies.is_here(url)


def test_a_server_on_this_machine_is_asked_without_a_proxy(server: str, dead_proxy: None) -> None:
    assert local.is_sweepd(server)
    assert Client(server, "key").query("{ viewer }") == {"viewer": "ann"}


def test_a_server_elsewhere_is_asked_through_it(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in proxies.NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server)  # which answers whatever it is asked for
    request = urllib.request.Request("http://sweeps.example.org/healthz")
    with proxies.open_url(request, 10) as answer:
        assert json.load(answer) == {"sweepd": "ok"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "127.0.0.1"),
        ({"no_proxy": "a.example.org, b"}, "a.example.org,b,127.0.0.1"),
        ({"NO_PROXY": "127.0.0.1"}, "127.0.0.1"),
        ({"no_proxy": "", "NO_PROXY": "a"}, "a,127.0.0.1"),
        ({"NO_PROXY": "*"}, "*"),
    ],
)
def test_clients_are_told_to_leave_it_alone(given: dict[str, str], told: str) -> None:
    environ = proxies.spared({"HTTP_PROXY": "http://proxy", **given}, "http://127.0.0.1:8787")
    assert environ == {"HTTP_PROXY": "http://proxy", "no_proxy": told, "NO_PROXY": told}
    assert proxies.spared(given, "http://10.0.0.1:8787") == given


def test_agents_are_started_with_it(dead_proxy: None) -> None:
    environ = Client("http://localhost:8787", "key").environment()
    assert environ["NO_PROXY"] == environ["no_proxy"] == "localhost"
