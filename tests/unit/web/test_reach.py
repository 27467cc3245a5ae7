"""Commands for other machines name an address that those can reach, or say that there is none."""

import socket
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from sweepd.web.reach import ALONE, NAMED, NAMELESS, Reach, is_own, reach_of

OWN = "http://127.0.0.1:9000"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "lab7")


def reach(host: str, listens: str, public_url: str = "", path: str = "") -> Reach:
    settings = SimpleNamespace(
        public_url=public_url, host=listens, is_loopback=listens == "127.0.0.1", port=0
    )
    app = SimpleNamespace(state=SimpleNamespace(settings=settings))
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode())]}
    scope |= {"app": app, "scheme": "http", "server": ("127.0.0.1", 9000), "query_string": b""}
    return reach_of(Request(scope | {"root_path": path}))


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost:9000", "[::1]:9000"])
def test_a_server_for_this_machine_alone_says_so(host: str) -> None:
    assert reach(host, "127.0.0.1") == Reach(f"http://{host}", ALONE)


@pytest.mark.parametrize(
    ("listens", "address"),
    [
        ("0.0.0.0", "http://lab7:9000"),
        ("::", "http://lab7:9000"),
        ("10.0.0.5", "http://10.0.0.5:9000"),
        ("fd00::5", "http://[fd00::5]:9000"),
    ],
)
def test_opened_by_loopback_it_names_where_others_come_in(listens: str, address: str) -> None:
    assert reach("127.0.0.1:9000", listens) == Reach(address, NAMED)


@pytest.mark.parametrize("listens", ["0.0.0.0", "127.0.0.1"])  # the latter behind a proxy
def test_the_address_it_was_opened_by_is_one_others_reach(listens: str) -> None:
    assert reach("lab:8787", listens) == Reach("http://lab:8787")
    assert reach("10.0.0.5:8787", listens) == Reach("http://10.0.0.5:8787")
    assert reach("lab:8787", listens, path="/tools") == Reach("http://lab:8787/tools")


@pytest.mark.parametrize("listens", ["0.0.0.0", "127.0.0.1"])
def test_the_public_address_goes_before_all(listens: str) -> None:
    found = reach("127.0.0.1:9000", listens, "https://sweeps.example/lab/")
    assert found == Reach("https://sweeps.example/lab")
    assert reach("lab:1", listens, "http://localhost:8") == Reach("http://localhost:8", NAMELESS)


def test_a_machine_without_a_name_says_what_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "localhost.localdomain")
    assert reach("127.0.0.1:9000", "0.0.0.0") == Reach(OWN, NAMELESS)


@pytest.mark.parametrize(
    ("address", "is_own_"),
    [
        (OWN, True),
        ("http://127.8.8.8", True),
        ("http://0.0.0.0:80", True),
        ("http://[::]:80", True),
        ("http://LOCALHOST", True),
        ("http://a.localhost:80", True),
        ("http://[", True),
        ("", True),
        ("http://localhost.example", False),
        ("http://127.example", False),
        ("http://10.0.0.1", False),
        ("http://[fd00::1]:80", False),
    ],
)
def test_which_addresses_each_machine_means_itself_by(address: str, is_own_: bool) -> None:
    assert is_own(address) is is_own_
